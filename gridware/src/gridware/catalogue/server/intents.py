"""Intents: what a client is about to do with a file on a storage element, noted before it is done.

A client notes an intent, does its work on the storage element, and commits: only then does the catalogue
change, in the same transaction in which the intent goes. While it works it renews the intent. One that is
not renewed for LIFE seconds is dead. The sweeper of the storage element then asks for it, removes the file
with the rights of the person whose intent it was, and says what came of it:

- create, replicate: the file goes, and nothing was ever in the catalogue;
- delete: the file goes, and then its entry; if the storage element refuses, both stay.

From the moment the sweeper has asked, the client can't commit any more, and nobody can use the SURL; once
swept, the note of a file below generated/ is kept for MEMORY seconds, longer than a proxy lives, and swept
again, for a client that was only asleep and stored the file afterwards.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from gridware.catalogue.server import files, rights, tree
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Connection, Row
from gridware.catalogue.server.errors import CatalogueError

LIFE = 20.0
"""Seconds after which an intent is dead unless it is renewed; clients renew every quarter of it."""
MEMORY = 48 * 3600.0
"""Seconds for which a swept create or replicate is looked after."""
GENERATED = "/generated/"
"""Only the catalogue's clients store files there, each under a name of its own."""
CREATE, REPLICATE, DELETE = "create", "replicate", "delete"
OPEN, SWEEPING, SWEPT = "open", "sweeping", "swept"


@dataclass(frozen=True)
class IntentRequest:
    """What is to be noted; ``lfn`` for a create only."""

    kind: str
    guid: str
    surl: str
    lfn: str = ""


def note(db: Connection, caller: Caller, wish: IntentRequest) -> str:
    """Note an intent; raises CatalogueError if what it wants can't be. Its id is returned."""
    files.check_surl(wish.surl)
    if wish.kind == CREATE:
        _check_create(db, caller, wish)
    else:
        _check_change(db, caller, wish)
    # A swept one may be taken over: who comes later looks after the file from now on.
    db.execute("DELETE FROM intent WHERE surl = ? AND state = ?", [wish.surl, SWEPT])
    if db.execute("SELECT 1 FROM intent WHERE surl = ?", [wish.surl]).fetchone():
        raise CatalogueError("EBUSY", wish.surl, "another command is working on this file")
    number = uuid.uuid4().hex
    what = [wish.kind, OPEN, wish.guid, wish.lfn, wish.surl, files.host_of(wish.surl)]
    whose = [caller.dn, "\n".join(caller.groups)]
    db.execute(
        "INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [number, *what, *whose, time.time() + LIFE],
    )
    return number


def _check_create(db: Connection, caller: Caller, wish: IntentRequest) -> None:
    files.place_of_name(db, caller, wish.lfn)
    if files.by_guid(db, wish.guid) is not None:
        raise CatalogueError("EEXIST", f"guid:{wish.guid}")
    _check_no_replica(db, wish.surl)


def _check_change(db: Connection, caller: Caller, wish: IntentRequest) -> None:
    node = files.resolve(db, caller, f"guid:{wish.guid}")
    if wish.kind == REPLICATE:
        rights.require(caller, node, rights.WRITE, f"guid:{wish.guid}")
        _check_no_replica(db, wish.surl)
    else:
        rights.require_owner(caller, node, f"guid:{wish.guid}")
        if wish.surl not in files.replicas(db, node):
            raise CatalogueError("ENOENT", wish.surl)


def _check_no_replica(db: Connection, surl: str) -> None:
    if db.execute("SELECT 1 FROM replica WHERE surl = ?", [surl]).fetchone():
        raise CatalogueError("EEXIST", surl)


def renew(db: Connection, caller: Caller, number: str) -> None:
    """The client is still at work."""
    _mine(db, caller, number)
    db.execute("UPDATE intent SET until = ? WHERE id = ?", [time.time() + LIFE, number])


def commit(
    db: Connection, caller: Caller, number: str, wish: IntentRequest, size: int, checksum: str
) -> None:
    """The client has done it: change the catalogue, and forget the intent.

    A client that did not hear the answer asks again, which does no harm.
    """
    if _was_committed(db, caller, wish):
        return
    intent = _mine(db, caller, number)
    db.execute("DELETE FROM intent WHERE id = ?", [number])
    if intent["kind"] == DELETE:
        _forget_replica(db, intent)
        return
    if intent["kind"] == CREATE:
        node = files.create(db, caller, intent["guid"], intent["lfn"], size, checksum)
    else:
        node = files.resolve(db, caller, f"guid:{intent['guid']}")
    files.add_replica(db, caller, node, intent["surl"])


def _was_committed(db: Connection, caller: Caller, wish: IntentRequest) -> bool:
    if db.execute("SELECT 1 FROM intent WHERE surl = ?", [wish.surl]).fetchone():
        return False
    row = db.execute(
        "SELECT replica.owner, guid FROM replica JOIN node ON node.id = replica.node WHERE surl = ?",
        [wish.surl],
    ).fetchone()
    if wish.kind == DELETE:
        return row is None
    return row is not None and (row["owner"], row["guid"]) == (caller.dn, wish.guid)


def drop(db: Connection, caller: Caller, number: str) -> None:
    """The client has failed, and left no file that was not there before."""
    _mine(db, caller, number)
    db.execute("DELETE FROM intent WHERE id = ?", [number])


def _mine(db: Connection, caller: Caller, number: str) -> Row:
    row: Row | None = db.execute(
        "SELECT * FROM intent WHERE id = ? AND owner = ?", [number, caller.dn]
    ).fetchone()
    if row is None or row["state"] != OPEN:
        raise CatalogueError("ETIMEDOUT", "", "the catalogue has given this transfer up; try again")
    return row


def dead(db: Connection, storage: str) -> list[dict[str, object]]:
    """What the sweeper of a storage element has to remove now; nobody else can touch these from here on."""
    now = time.time()
    db.execute("DELETE FROM intent WHERE state = ? AND until < ?", [SWEPT, now])
    db.execute(
        "UPDATE intent SET state = ? WHERE host = ? AND state = ? AND until < ?",
        [SWEEPING, storage, OPEN, now],
    )
    rows = db.execute("SELECT * FROM intent WHERE host = ? AND state != ? ORDER BY until", [storage, OPEN])
    return [
        {
            "id": row["id"],
            "surl": row["surl"],
            "owner": row["owner"],
            "groups": row["groups"].splitlines(),
            "again": row["state"] == SWEPT,
        }
        for row in rows
    ]


def next_death(db: Connection, storage: str) -> float | None:
    """Seconds until the sweeper of a storage element may have something to do; None if nobody is at work."""
    (until,) = db.execute(
        "SELECT min(until) FROM intent WHERE host = ? AND state = ?", [storage, OPEN]
    ).fetchone()
    return None if until is None else max(0.0, until - time.time())


def grace(db: Connection) -> None:
    """The catalogue was away: nobody could renew meanwhile, so all who are at work get a whole life more."""
    db.execute("UPDATE intent SET until = ? WHERE state = ?", [time.time() + LIFE, OPEN])


def swept(db: Connection, storage: str, results: Mapping[str, bool]) -> None:
    """What came of it: for each intent whether the file is gone; False if its owner may not remove it."""
    for number, gone in results.items():
        row = db.execute(
            "SELECT * FROM intent WHERE id = ? AND host = ? AND state != ?", [number, storage, OPEN]
        ).fetchone()
        if row is not None:
            _end(db, row, gone=gone)


def _end(db: Connection, intent: Row, *, gone: bool) -> None:
    if intent["kind"] == DELETE:
        db.execute("DELETE FROM intent WHERE id = ?", [intent["id"]])
        if gone:
            _forget_replica(db, intent)
    elif GENERATED not in intent["surl"]:
        # The name may be wanted again, even by somebody who asks no catalogue.
        db.execute("DELETE FROM intent WHERE id = ?", [intent["id"]])
    elif intent["state"] == SWEEPING:
        db.execute(
            "UPDATE intent SET state = ?, until = ? WHERE id = ?", [SWEPT, time.time() + MEMORY, intent["id"]]
        )


def _forget_replica(db: Connection, intent: Row) -> None:
    node = files.by_guid(db, intent["guid"])
    if node is not None:
        files.remove_replica(db, node, intent["surl"])


def unregister(db: Connection, caller: Caller, guid: str, surl: str) -> None:
    """Forget a replica whatever became of its file (lcg-uf)."""
    node = files.resolve(db, caller, f"guid:{guid}")
    rights.require_owner(caller, node, f"guid:{guid}")
    if surl not in files.replicas(db, node):
        raise CatalogueError("ENOENT", surl)
    files.remove_replica(db, node, surl)


def forget_bare(db: Connection, caller: Caller, node: Row) -> None:
    """Remove a file that has no replica (any more), under all its names."""
    rights.require_owner(caller, node, f"guid:{node['guid']}")
    if files.replicas(db, node):
        raise CatalogueError("EEXIST", f"guid:{node['guid']}", "the file has replicas")
    if files.leaving(db, node):
        raise CatalogueError("EBUSY", f"guid:{node['guid']}", "its replicas are being deleted already")
    tree.forget_all_names(db, node["id"])
