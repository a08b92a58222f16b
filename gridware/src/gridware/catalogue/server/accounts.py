"""Small numbers for DNs and groups, as listings show them; given once and kept."""

from __future__ import annotations

from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Connection
from gridware.catalogue.server.errors import CatalogueError

FIRST = 101
USER, GROUP = "user", "group"


def known(db: Connection, kind: str) -> dict[str, int]:
    """Numbers of all users or groups, by name."""
    rows = db.execute("SELECT name, number FROM account WHERE kind = ? ORDER BY number", [kind])
    return {row["name"]: row["number"] for row in rows}


def remember(db: Connection, caller: Caller) -> None:
    """Give the caller numbers; within a change."""
    _number(db, USER, caller.dn)
    _number(db, GROUP, caller.group)


def name_of(db: Connection, kind: str, text: str) -> str:
    """A user or group by name or number; raises CatalogueError if there is none."""
    for name, number in known(db, kind).items():
        if text in (name, str(number)):
            return name
    raise CatalogueError("EINVAL", text, f"no {kind} {text} is known")


def _number(db: Connection, kind: str, name: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO account (kind, name, number)"
        " SELECT ?, ?, max(coalesce(max(number), 0) + 1, ?) FROM account WHERE kind = ?",
        [kind, name, FIRST, kind],
    )
