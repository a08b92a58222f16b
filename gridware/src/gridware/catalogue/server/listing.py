"""What is told about directories and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gridware.catalogue.server import accounts, files, rights, tree
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Connection, Row

Numbers = Callable[[str, str], int]


def numbers(db: Connection) -> Numbers:
    """Numbers of users and groups: ``numbers(db)("user", dn)``."""
    found = {kind: accounts.known(db, kind) for kind in (accounts.USER, accounts.GROUP)}
    return lambda kind, name: found[kind].get(name, 0)


def stat(db: Connection, node: Row, number: Numbers) -> dict[str, Any]:
    """A node as lfc-ls -l shows it."""
    directory = not node["guid"]
    count = "SELECT count(*) FROM name WHERE " + ("parent = ?" if directory else "node = ?")
    return {
        "directory": directory,
        "guid": node["guid"],
        "id": node["id"],
        "mode": node["mode"],
        "acl": bool(node["acl"]),
        "count": db.execute(count, [node["id"]]).fetchone()[0],
        "owner": node["owner"],
        "group": node["grp"],
        "uid": number(accounts.USER, node["owner"]),
        "gid": number(accounts.GROUP, node["grp"]),
        "size": node["size"],
        "checksum": node["checksum"],
        "comment": node["comment"],
        "made": node["made"],
        "changed": node["changed"],
        "target": "",
    }


def at(db: Connection, caller: Caller, path: str) -> dict[str, Any]:
    """``stat`` of a path; a further name of a node says as ``target`` which its own is."""
    node = tree.find(db, caller, path)
    found = stat(db, node, numbers(db))
    if tree.steps(path):
        parent, name = tree.place(db, caller, path)
        found["target"] = _target(db, node, parent, name)
    return found


def children(db: Connection, caller: Caller, directory: Row, path: str) -> Iterator[dict[str, Any]]:
    """All entries of a directory by name, each with its ``name``."""
    rights.require(caller, directory, rights.READ | rights.ENTER, path)
    number = numbers(db)
    rows = db.execute("SELECT name, node FROM name WHERE parent = ? ORDER BY name", [directory["id"]])
    for row in rows.fetchall():
        node = tree.node_of(db, row["node"])
        yield {
            **stat(db, node, number),
            "name": row["name"],
            "target": _target(db, node, directory, row["name"]),
        }


def file(db: Connection, node: Row) -> dict[str, Any]:
    """A file with everything that leads to it and every copy of it."""
    return {
        "guid": node["guid"],
        "size": node["size"],
        "checksum": node["checksum"],
        "owner": node["owner"],
        "lfns": list(tree.names(db, node["id"])),
        "surls": files.replicas(db, node),
        "leaving": files.leaving(db, node),
    }


def _target(db: Connection, node: Row, parent: Row, name: str) -> str:
    return next(tree.names(db, node["id"])) if tree.is_link(db, node, parent, name) else ""
