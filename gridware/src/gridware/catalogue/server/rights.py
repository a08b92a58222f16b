"""Who may do what with a node: mode and ACL as in POSIX; changes for its owner and the VO's admins only."""

from __future__ import annotations

from gridware.catalogue.server.acl import Acl
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Row
from gridware.catalogue.server.errors import CatalogueError

READ, WRITE, ENTER = 4, 2, 1


def acl_of(node: Row) -> Acl:
    return Acl.stored(node["mode"], node["acl"])


def may(caller: Caller, node: Row, want: int) -> bool:
    """True if mode and ACL let the caller do all of ``want``."""
    if caller.admin:
        return True
    acl = acl_of(node)
    if caller.dn == node["owner"]:
        return acl.mode >> 6 & want == want
    named = [entry for entry in acl.extra if not entry.default and entry.name]
    for entry in named:
        if entry.kind == "user" and entry.name == caller.dn:
            return entry.bits & acl.mask & want == want
    granted = [
        entry.bits & acl.mask for entry in named if entry.kind == "group" and entry.name in caller.groups
    ]
    if node["grp"] in caller.groups:
        granted.append(acl.mode >> 3 & acl.mask)
    if granted:
        return any(bits & want == want for bits in granted)
    return acl.mode & want == want


def require(caller: Caller, node: Row, want: int, subject: str) -> None:
    """Raises CatalogueError EACCES unless the caller may."""
    if not may(caller, node, want):
        raise CatalogueError("EACCES", subject)


def require_owner(caller: Caller, node: Row, subject: str) -> None:
    """An entry is moved, removed or given other rights by its owner or an admin only."""
    if not (caller.admin or caller.dn == node["owner"]):
        raise CatalogueError("EACCES", subject, "only the owner and the VO's admins change an entry")
