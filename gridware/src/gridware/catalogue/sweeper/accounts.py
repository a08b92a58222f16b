"""Which local account a person of the grid has here, as LCMAPS gave it; never a new one."""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

GRIDMAPDIR = Path("/etc/grid-security/gridmapdir")
LOCAL_ACCOUNTS = Path("/etc/grid-security/voms-localaccount")


def account_of(dn: str, groups: Sequence[str]) -> pwd.struct_passwd | None:
    """The account that ``dn`` acts as when its first group leads; None if it never came here."""
    name = _by_role(groups[0] if groups else "") or _by_lease(dn)
    try:
        return pwd.getpwnam(name) if name else None
    except KeyError:
        return None


def _by_role(group: str) -> str:
    """Lines are ``"/gilda/Role=SoftwareManager" gildasgm``."""
    for line in LOCAL_ACCOUNTS.read_text().splitlines() if LOCAL_ACCOUNTS.exists() else ():
        fqan, _, account = line.strip().rpartition(" ")
        if fqan.strip('" ') == f"/{group}":
            return account
    return ""


def _by_lease(dn: str) -> str:
    """A lease is the pool account's file under a second name: the DN, encoded, and a group."""
    wanted = encoded(dn)
    entries = {entry.name: entry.inode() for entry in os.scandir(GRIDMAPDIR)}
    leases = {inode for name, inode in entries.items() if name == wanted or name.startswith(f"{wanted}:")}
    found = (name for name, inode in sorted(entries.items()) if inode in leases and not name.startswith("%"))
    return next(found, "")


def encoded(dn: str) -> str:
    """A DN as a file name of the gridmapdir: small letters, and %xx for what is neither letter nor digit."""
    return "".join(
        chr(byte).lower() if byte < 128 and chr(byte).isalnum() else f"%{byte:02x}" for byte in dn.encode()
    )
