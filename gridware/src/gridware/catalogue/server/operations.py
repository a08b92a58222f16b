"""What a client can ask for: each operation takes a JSON object and returns another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gridware.catalogue.server import accounts, acl, files, intents, listing, rights, tree
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Connection, Database
from gridware.catalogue.server.errors import CatalogueError, NoAccessError
from gridware.catalogue.server.intents import IntentRequest

VERSION = "1.0.0"

Arguments = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """``changes``: in a writer's transaction. ``storage``: for sweepers of storage elements alone."""

    do: Callable[[Connection, Caller, Arguments], Answer | None]
    changes: bool = True
    storage: bool = False


def run(store: Database, caller: Caller, name: str, arguments: Arguments) -> Answer:
    """Raises CatalogueError for whatever can't be done; then nothing has changed."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise CatalogueError("EOPNOTSUPP", name, "the catalogue knows no such operation")
    if operation.storage != bool(caller.storage):
        raise NoAccessError("this operation is not for you")
    with store.change() if operation.changes else store.view() as db:
        if operation.changes and not caller.storage:
            accounts.remember(db, caller)
        try:
            return operation.do(db, caller, arguments) or {}
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CatalogueError("EINVAL", name, f"wrong arguments: {error!r}") from error


def _ping(db: Connection, caller: Caller, _given: Arguments) -> Answer:
    db.execute("SELECT 1 FROM node").fetchone()
    return {"version": VERSION, "dn": caller.dn, "groups": caller.groups, "admin": caller.admin}


def _stat(db: Connection, caller: Caller, given: Arguments) -> Answer:
    return listing.at(db, caller, given["path"])


def _list(db: Connection, caller: Caller, given: Arguments) -> Answer:
    node = tree.find(db, caller, given["path"])
    if node["guid"]:
        raise CatalogueError("ENOTDIR", given["path"])
    return {"entries": list(listing.children(db, caller, node, given["path"]))}


def _file(db: Connection, caller: Caller, given: Arguments) -> Answer:
    return listing.file(db, files.resolve(db, caller, given["file"]))


def _mkdir(db: Connection, caller: Caller, given: Arguments) -> None:
    tree.mkdir(db, caller, given["path"], int(given["mode"]), parents=bool(given.get("parents")))


def _remove(db: Connection, caller: Caller, given: Arguments) -> None:
    tree.remove(db, caller, given["path"])


def _rename(db: Connection, caller: Caller, given: Arguments) -> None:
    tree.rename(db, caller, given["old"], given["new"])


def _chmod(db: Connection, caller: Caller, given: Arguments) -> None:
    node = tree.find(db, caller, given["path"])
    rights.require_owner(caller, node, given["path"])
    _set(db, node["id"], mode=int(given["mode"]) & 0o777)


def _chown(db: Connection, caller: Caller, given: Arguments) -> None:
    """Only admins give entries away; an owner may choose among the groups that are theirs."""
    node = tree.find(db, caller, given["path"])
    rights.require_owner(caller, node, given["path"])
    if user := given.get("user"):
        owner = accounts.name_of(db, accounts.USER, user)
        if not caller.admin and owner != caller.dn:
            raise CatalogueError("EPERM", given["path"], "only the VO's admins give an entry to another")
        _set(db, node["id"], owner=owner)
    if group := given.get("group"):
        name = accounts.name_of(db, accounts.GROUP, group)
        if not caller.admin and name not in caller.groups:
            raise CatalogueError("EPERM", given["path"], f"you are not in the group {name}")
        _set(db, node["id"], grp=name)


def _getacl(db: Connection, caller: Caller, given: Arguments) -> Answer:
    node = tree.find(db, caller, given["path"])
    found = rights.acl_of(node)
    return {
        "owner": node["owner"],
        "group": node["grp"],
        "mask": found.mask,
        "entries": [[entry.default, entry.kind, entry.name, entry.bits] for entry in found.entries],
    }


def _setacl(db: Connection, caller: Caller, given: Arguments) -> None:
    node = tree.find(db, caller, given["path"])
    rights.require_owner(caller, node, given["path"])
    made = rights.acl_of(node)
    if given.get("replace"):
        made = acl.Acl(made.mode)
    for text in given.get("remove", ()):
        made = made.without(_acl_entry(db, text))
    for text in given.get("set", ()):
        made = made.changed(_acl_entry(db, text))
    if node["guid"] and any(entry.default for entry in made.extra):
        raise CatalogueError("EINVAL", given["path"], "only directories have default entries")
    _set(db, node["id"], mode=made.mode, acl=made.text)


def _acl_entry(db: Connection, text: str) -> acl.Entry:
    """A user or group may be given by its number, as lfc-ls shows it; a user has no other name than a DN."""
    entry = acl.parse(text)
    if entry.name.isdecimal() or (entry.kind == accounts.USER and entry.name and entry.name[0] != "/"):
        return replace(entry, name=accounts.name_of(db, entry.kind, entry.name))
    return entry


def _comment(db: Connection, caller: Caller, given: Arguments) -> None:
    node = tree.find(db, caller, given["path"])
    rights.require_owner(caller, node, given["path"])
    text = str(given.get("comment", ""))
    if not text.isprintable() or len(text) > 255:
        raise CatalogueError("EINVAL", given["path"], "a comment is one line of at most 255 characters")
    _set(db, node["id"], comment=text)


def _set(db: Connection, node: int, **columns: object) -> None:
    """The names of columns come from this module only."""
    text = ", ".join(f"{column} = ?" for column in columns)
    db.execute(f"UPDATE node SET {text}, changed = ? WHERE id = ?", [*columns.values(), time.time(), node])


def _intend(db: Connection, caller: Caller, given: Arguments) -> Answer:
    return {"id": intents.note(db, caller, _wish(given)), "life": intents.LIFE}


def _renew(db: Connection, caller: Caller, given: Arguments) -> None:
    intents.renew(db, caller, given["id"])


def _commit(db: Connection, caller: Caller, given: Arguments) -> None:
    size, checksum = int(given.get("size", 0)), str(given.get("checksum", ""))
    intents.commit(db, caller, given["id"], _wish(given), size, checksum)


def _drop(db: Connection, caller: Caller, given: Arguments) -> None:
    intents.drop(db, caller, given["id"])


def _wish(given: Arguments) -> IntentRequest:
    kind = given["kind"]
    if kind not in (intents.CREATE, intents.REPLICATE, intents.DELETE):
        raise CatalogueError("EINVAL", kind, "no such intent")
    return IntentRequest(kind, files.check_guid(given["guid"]), given["surl"], given.get("lfn", ""))


def _alias(db: Connection, caller: Caller, given: Arguments) -> None:
    kind, _, path = str(given["file"]).partition(":")
    if kind == "lfn" and not (directory := tree.find(db, caller, path))["guid"]:
        tree.link(db, caller, directory, path, given["lfn"])
        return
    files.alias(db, caller, files.resolve(db, caller, given["file"]), given["lfn"])


def _unalias(db: Connection, caller: Caller, given: Arguments) -> None:
    files.unalias(db, caller, files.resolve(db, caller, given["file"]), given["lfn"])


def _register(db: Connection, caller: Caller, given: Arguments) -> None:
    """Tell the catalogue of a file that is stored already (lcg-rf)."""
    guid, surl = files.check_guid(given["guid"]), files.check_surl(given["surl"])
    if db.execute("SELECT 1 FROM intent WHERE surl = ? AND state != ?", [surl, intents.SWEPT]).fetchone():
        raise CatalogueError("EBUSY", surl, "another command is working on this file")
    db.execute("DELETE FROM intent WHERE surl = ?", [surl])
    node = files.by_guid(db, guid)
    if node is None:
        size, checksum = int(given.get("size", 0)), str(given.get("checksum", ""))
        node = files.create(db, caller, guid, given["lfn"], size, checksum)
    elif given.get("lfn"):
        files.alias(db, caller, node, given["lfn"])
    files.add_replica(db, caller, node, surl)


def _unregister(db: Connection, caller: Caller, given: Arguments) -> None:
    intents.unregister(db, caller, files.check_guid(given["guid"]), given["surl"])


def _forget(db: Connection, caller: Caller, given: Arguments) -> None:
    intents.forget_bare(db, caller, files.resolve(db, caller, given["file"]))


def _accounts(db: Connection, _caller: Caller, given: Arguments) -> Answer:
    return {"accounts": accounts.known(db, given["kind"])}


def _dead(db: Connection, caller: Caller, _given: Arguments) -> Answer:
    found = intents.dead(db, caller.storage)
    return {"intents": found, "next": intents.next_death(db, caller.storage)}


def _swept(db: Connection, caller: Caller, given: Arguments) -> None:
    intents.swept(db, caller.storage, given["results"])


OPERATIONS = {
    "ping": Operation(_ping, changes=False),
    "stat": Operation(_stat, changes=False),
    "list": Operation(_list, changes=False),
    "file": Operation(_file, changes=False),
    "getacl": Operation(_getacl, changes=False),
    "accounts": Operation(_accounts, changes=False),
    "mkdir": Operation(_mkdir),
    "remove": Operation(_remove),
    "rename": Operation(_rename),
    "chmod": Operation(_chmod),
    "chown": Operation(_chown),
    "setacl": Operation(_setacl),
    "comment": Operation(_comment),
    "alias": Operation(_alias),
    "unalias": Operation(_unalias),
    "register": Operation(_register),
    "unregister": Operation(_unregister),
    "forget": Operation(_forget),
    "intend": Operation(_intend),
    "renew": Operation(_renew),
    "commit": Operation(_commit),
    "drop": Operation(_drop),
    "dead": Operation(_dead, storage=True),
    "swept": Operation(_swept, storage=True),
}
