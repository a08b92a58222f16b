"""Files: a GUID with its names and its replicas."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

from gridware.catalogue.server import database, rights, tree
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Connection, Row
from gridware.catalogue.server.errors import CatalogueError

FILE_MODE = 0o644
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SURL = re.compile(r"(?:sfn|srm|gsiftp)://[^/\s]+/\S*", re.ASCII)
LONGEST_SURL = 1023


def resolve(db: Connection, caller: Caller, name: str) -> Row:
    """A file by ``lfn:``, ``guid:`` or SURL; raises CatalogueError ENOENT, EISDIR or EACCES."""
    kind, _, rest = name.partition(":")
    node: Row | None
    if kind == "lfn":
        node = tree.find(db, caller, rest)
        if not node["guid"]:
            raise CatalogueError("EISDIR", name)
    elif kind == "guid":
        node = by_guid(db, check_guid(rest))
    else:
        node = _by_surl(db, name)
    if node is None:
        raise CatalogueError("ENOENT", name)
    rights.require(caller, node, rights.READ, name)
    return node


def by_guid(db: Connection, guid: str) -> Row | None:
    row: Row | None = db.execute("SELECT * FROM node WHERE guid = ?", [guid]).fetchone()
    return row


def _by_surl(db: Connection, surl: str) -> Row | None:
    row: Row | None = db.execute(
        "SELECT node.* FROM replica JOIN node ON node.id = replica.node WHERE surl = ?", [check_surl(surl)]
    ).fetchone()
    return row


def check_guid(text: str) -> str:
    """A GUID in small letters; raises CatalogueError for anything else."""
    if _GUID.fullmatch(text.lower()) is None:
        raise CatalogueError("EINVAL", f"guid:{text}", "this is no GUID")
    return text.lower()


def check_surl(text: str) -> str:
    """Raises CatalogueError unless ``text`` is a SURL."""
    if _SURL.fullmatch(text) is None or not text.isprintable() or len(text) > LONGEST_SURL:
        raise CatalogueError("EINVAL", text, "a SURL is sfn://HOST/PATH")
    return text


def host_of(surl: str) -> str:
    """The storage element that a SURL names."""
    return (urlsplit(surl).hostname or "").lower()


def create(db: Connection, caller: Caller, guid: str, lfn: str, size: int, checksum: str) -> Row:
    """A new file with its first name and no replica yet."""
    parent, name = place_of_name(db, caller, lfn)
    if by_guid(db, guid) is not None:
        raise CatalogueError("EEXIST", f"guid:{guid}")
    acl = rights.acl_of(parent).inherited(FILE_MODE, directory=False)
    now = time.time()
    node = db.execute(
        "INSERT INTO node (guid, owner, grp, mode, acl, size, checksum, made, changed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [guid, caller.dn, caller.group or parent["grp"], acl.mode, acl.text, size, checksum, now, now],
    ).lastrowid
    assert node is not None
    database.add_name(db, parent["id"], name, node)
    return tree.node_of(db, node)


def place_of_name(db: Connection, caller: Caller, lfn: str) -> tuple[Row, str]:
    """Where a new name goes; a day's directory below ``generated`` is everybody's, and made when needed."""
    above = tree.steps(lfn)[:-1]
    if len(above) == 4 and above[0] == "grid" and above[2] == "generated":
        parent = tree.find(db, caller, "/" + "/".join(above[:3]))
        rights.require(caller, parent, rights.WRITE | rights.ENTER, lfn)
        if tree.child(db, parent["id"], above[3]) is None:
            database.make_directory(db, parent["id"], above[3], database.SYSTEM, parent["grp"], 0o775)
    return tree.free_place(db, caller, lfn)


def add_replica(db: Connection, caller: Caller, node: Row, surl: str) -> None:
    """Whoever may write a file may say where another copy of it is."""
    rights.require(caller, node, rights.WRITE, f"guid:{node['guid']}")
    if db.execute("SELECT 1 FROM replica WHERE surl = ?", [surl]).fetchone():
        raise CatalogueError("EEXIST", surl)
    db.execute(
        "INSERT INTO replica (surl, node, host, owner, made) VALUES (?, ?, ?, ?, ?)",
        [surl, node["id"], host_of(surl), caller.dn, time.time()],
    )


def remove_replica(db: Connection, node: Row, surl: str) -> None:
    """Forget a copy; with the last one the file goes, under all its names."""
    db.execute("DELETE FROM replica WHERE surl = ? AND node = ?", [surl, node["id"]])
    if db.execute("SELECT 1 FROM replica WHERE node = ?", [node["id"]]).fetchone() is None:
        tree.forget_all_names(db, node["id"])


def replicas(db: Connection, node: Row) -> list[str]:
    """SURLs, the oldest first; not those that are being deleted."""
    rows = db.execute(
        "SELECT surl FROM replica WHERE node = ? AND surl NOT IN"
        " (SELECT surl FROM intent WHERE kind = 'delete') ORDER BY made, surl",
        [node["id"]],
    )
    return [row["surl"] for row in rows]


def leaving(db: Connection, node: Row) -> list[str]:
    """SURLs that are being deleted: by a command, or by the sweeper after it."""
    rows = db.execute(
        "SELECT surl FROM replica WHERE node = ? AND surl IN (SELECT surl FROM intent WHERE kind = 'delete')",
        [node["id"]],
    )
    return [row["surl"] for row in rows]


def alias(db: Connection, caller: Caller, node: Row, lfn: str) -> None:
    """One more name for a file, whoever's it is: rights in the link's directory count (lfc_symlink(3))."""
    parent, name = place_of_name(db, caller, lfn)
    database.add_name(db, parent["id"], name, node["id"], caller.dn)


def unalias(db: Connection, caller: Caller, node: Row, lfn: str) -> None:
    """Take one of a file's names away; the last one only if it has no replica."""
    if tree.find(db, caller, lfn)["id"] != node["id"]:
        raise CatalogueError("ENOENT", lfn, f"this is no name of guid:{node['guid']}")
    tree.remove(db, caller, lfn)
