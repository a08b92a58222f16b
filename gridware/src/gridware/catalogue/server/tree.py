"""Paths: finding what they lead to, directories, and giving names away and taking them back."""

from __future__ import annotations

import time
from collections.abc import Iterator

from gridware.catalogue.server import database, rights
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Connection, Row
from gridware.catalogue.server.errors import CatalogueError

LONGEST_NAME, LONGEST_PATH = 255, 1023
_NAMES = """
FROM name WHERE node = ? ORDER BY owner NOT IN ('', (SELECT owner FROM node WHERE id = name.node)), id
"""
"""Those of a node, its own first: its owner's oldest."""


def steps(path: str) -> list[str]:
    """The names on an absolute path; raises CatalogueError for a path that can't be."""
    if not path.startswith("/"):
        raise CatalogueError("EINVAL", path, "a path in the catalogue begins with a slash")
    if not path.isprintable():
        raise CatalogueError("EINVAL", repr(path), "a path has no control characters")
    found: list[str] = []
    for step in path.split("/"):
        if step == "..":
            found[-1:] = []
        elif step not in ("", "."):
            found.append(step)
    if len(path) > LONGEST_PATH or any(len(step) > LONGEST_NAME for step in found):
        raise CatalogueError("ENAMETOOLONG", path)
    return found


def find(db: Connection, caller: Caller, path: str) -> Row:
    """The node at ``path``; raises CatalogueError ENOENT, ENOTDIR or EACCES."""
    node = node_of(db, database.ROOT)
    for step in steps(path):
        node = enter(db, caller, node, step, path)
    return node


def enter(db: Connection, caller: Caller, directory: Row, name: str, path: str) -> Row:
    """What ``name`` leads to from a directory."""
    if directory["guid"]:
        raise CatalogueError("ENOTDIR", path)
    rights.require(caller, directory, rights.ENTER, path)
    found = child(db, directory["id"], name)
    if found is None:
        raise CatalogueError("ENOENT", path)
    return node_of(db, found["node"])


def place(db: Connection, caller: Caller, path: str) -> tuple[Row, str]:
    """The directory and the name of something that is to be made or removed there."""
    *above, last = steps(path) or [""]
    if not last:
        raise CatalogueError("EEXIST", path)
    parent = find(db, caller, "/" + "/".join(above))
    if parent["guid"]:
        raise CatalogueError("ENOTDIR", path)
    rights.require(caller, parent, rights.ENTER, path)
    return parent, last


def free_place(db: Connection, caller: Caller, path: str) -> tuple[Row, str]:
    """``place``, where nothing is yet and the caller may make something."""
    parent, last = place(db, caller, path)
    if child(db, parent["id"], last) is not None:
        raise CatalogueError("EEXIST", path)
    rights.require(caller, parent, rights.WRITE, path)
    return parent, last


def node_of(db: Connection, number: int) -> Row:
    row: Row = db.execute("SELECT * FROM node WHERE id = ?", [number]).fetchone()
    return row


def child(db: Connection, parent: int, name: str) -> Row | None:
    row: Row | None = db.execute(
        "SELECT id, node, owner FROM name WHERE parent = ? AND name = ?", [parent, name]
    ).fetchone()
    return row


def names(db: Connection, node: int) -> Iterator[str]:
    """All paths that lead to a node, its own first; the root has none."""
    for row in db.execute(f"SELECT parent, name {_NAMES}", [node]).fetchall():
        yield f"{path_of(db, row['parent'])}/{row['name']}"


def path_of(db: Connection, directory: int) -> str:
    """The path of a directory; empty for the root."""
    return next(names(db, directory), "")


def mkdir(db: Connection, caller: Caller, path: str, mode: int, *, parents: bool) -> None:
    """Make a directory; with ``parents`` those above it, too, and nothing if it is there."""
    made = steps(path)
    for depth in range(1, len(made)) if parents else ():
        _mkdir_unless_there(db, caller, "/" + "/".join(made[:depth]), 0o777 & ~0o022)
    if parents:
        _mkdir_unless_there(db, caller, path, mode)
    else:
        _mkdir(db, caller, path, mode)


def _mkdir_unless_there(db: Connection, caller: Caller, path: str, mode: int) -> None:
    try:
        there = find(db, caller, path)
    except CatalogueError as error:
        if error.code != "ENOENT":
            raise
        _mkdir(db, caller, path, mode)
    else:
        if there["guid"]:
            raise CatalogueError("ENOTDIR", path)


def _mkdir(db: Connection, caller: Caller, path: str, mode: int) -> None:
    parent, name = free_place(db, caller, path)
    acl = rights.acl_of(parent).inherited(mode & 0o777, directory=True)
    group = caller.group or parent["grp"]
    database.make_directory(db, parent["id"], name, caller.dn, group, acl.mode, acl.text)


def link(db: Connection, caller: Caller, directory: Row, path: str, new: str) -> None:
    """One more name for a directory, whoever's it is; what lies below it is there under both."""
    if directory["id"] == database.ROOT:
        raise CatalogueError("EINVAL", path, "nothing leads to the root but its slash")
    parent, name = free_place(db, caller, new)
    database.add_name(db, parent["id"], name, directory["id"], caller.dn)


def is_link(db: Connection, node: Row, parent: Row, name: str) -> bool:
    """Whether a name is not the node's own."""
    own = db.execute(f"SELECT parent, name {_NAMES}", [node["id"]]).fetchone()
    return own is not None and (own["parent"], own["name"]) != (parent["id"], name)


def rename(db: Connection, caller: Caller, old: str, new: str) -> None:
    """Give a file or directory another name; an old file at ``new`` is not overwritten.

    A directory itself is written to as well, since its parent changes.
    """
    parent, name = place(db, caller, old)
    node = enter(db, caller, parent, name, old)
    if steps(old) == steps(new):
        return
    rights.require(caller, parent, rights.WRITE, old)
    _require_owner(db, caller, node, parent, name, old)
    if not (node["guid"] or is_link(db, node, parent, name)):
        rights.require(caller, node, rights.WRITE, old)
        if _is_below(db, place(db, caller, new)[0], node):
            raise CatalogueError("EINVAL", new, "a directory can't be moved into itself")
    target, last = free_place(db, caller, new)
    db.execute(
        "UPDATE name SET parent = ?, name = ? WHERE parent = ? AND name = ?",
        [target["id"], last, parent["id"], name],
    )
    for changed in (parent["id"], target["id"]):
        database.touch(db, changed)


def _is_below(db: Connection, directory: Row, top: Row) -> bool:
    """Whether a directory is ``top`` or lies below it, by their own names."""
    return f"{path_of(db, directory['id'])}/".startswith(f"{path_of(db, top['id'])}/")


def remove(db: Connection, caller: Caller, path: str) -> None:
    """Take a name away: an empty directory's, a link, or one of a file that has others or no replica.

    With a directory's own name its links go.
    """
    parent, name = place(db, caller, path)
    node = enter(db, caller, parent, name, path)
    rights.require(caller, parent, rights.WRITE, path)
    _require_owner(db, caller, node, parent, name, path)
    if node["guid"]:
        _check_file_goes(db, node, parent, name, path)
    elif not is_link(db, node, parent, name):
        if db.execute("SELECT 1 FROM name WHERE parent = ?", [node["id"]]).fetchone():
            raise CatalogueError("ENOTEMPTY", path)
        forget_all_names(db, node["id"])
        return
    forget_name(db, parent["id"], name, node)


def _require_owner(db: Connection, caller: Caller, node: Row, parent: Row, name: str, path: str) -> None:
    """Raises CatalogueError EACCES; a link is also of whoever made it."""
    entry = child(db, parent["id"], name)
    if not (entry and entry["owner"] == caller.dn and is_link(db, node, parent, name)):
        rights.require_owner(caller, node, path)


def _check_file_goes(db: Connection, node: Row, parent: Row, name: str, path: str) -> None:
    """A file with replicas keeps a name of its owner's; links of others don't count."""
    if is_link(db, node, parent, name):
        return
    _, *others = db.execute(f"SELECT owner {_NAMES}", [node["id"]]).fetchall()
    kept = any(each["owner"] in ("", node["owner"]) for each in others)
    if not kept and db.execute("SELECT 1 FROM replica WHERE node = ?", [node["id"]]).fetchone():
        raise CatalogueError("EEXIST", path, "the file has replicas; lcg-del -a removes them with the name")


def forget_name(db: Connection, parent: int, name: str, node: Row) -> None:
    """Remove a name, and the node itself if it was the last."""
    db.execute("DELETE FROM name WHERE parent = ? AND name = ?", [parent, name])
    database.touch(db, parent)
    if db.execute("SELECT 1 FROM name WHERE node = ?", [node["id"]]).fetchone() is None:
        db.execute("DELETE FROM node WHERE id = ?", [node["id"]])


def forget_all_names(db: Connection, node: int) -> None:
    """Remove a file without replicas or an empty directory, under whatever names it has."""
    now = time.time()
    db.execute(
        "UPDATE node SET changed = ? WHERE id IN (SELECT parent FROM name WHERE node = ?)", [now, node]
    )
    db.execute("DELETE FROM name WHERE node = ?", [node])
    db.execute("DELETE FROM node WHERE id = ?", [node])
