"""Numbers of a box's accounts, which no other box and no account of the host has.

The kernel counts the processes of an account by its number, for all containers of a host together
(RLIMIT_NPROC of setrlimit(2)): with the same numbers everywhere, one box's student at the limit would stop
another box's.  And a host's account with a student's number could look into what the student runs.
"""

from __future__ import annotations

import contextlib
import hashlib

from harness import state
from harness.dom0.identities import Identities, Row
from harness.image.accounts import EARLIER, Numbers
from harness.ledger import LaterLedgerError, Ledger, boxes

KIND = "accounts"
"""In the ledger, with the first number.  An icebox that does not know it leaves the box alone."""
FIRST, SPAN, RANGES = 0x70000000, 1000, 3_800
"""The numbers that no system gives by itself, up to 2**31 (systemd's "Users, Groups, UIDs and GIDs on systemd
Systems"); each box has a thousand of them."""
NOBODIES, WHOLE = 0x71000000, 1 << 16
"""Behind them: for each box as many as a system's own accounts have, from root on.  On the host these are
nobody's."""
STUDENTS, MORE = 101, 300
"""Where they begin in a box's thousand: before them are the VO's group and its pool."""


def claim(ledger: Ledger) -> Numbers:
    """The numbers of a box that is brought up: those it has, or new ones, on record when this returns."""
    if not ledger.of_kind(KIND) and not ledger.of_kind("data"):
        ledger.intend(KIND, str(_free(ledger.box)))
    return of(ledger)


def of(ledger: Ledger) -> Numbers:
    """The numbers of a box."""
    first = _first(ledger)
    if first is None:
        return EARLIER
    return Numbers(first, first + 1, first + STUDENTS, range(first + MORE, first + SPAN))


def identities(ledger: Ledger) -> Identities:
    """What the box's numbers are on the host.  Accounts keep theirs, since nobody else has them."""
    first = _first(ledger)
    place = _place(ledger.box) if first is None else (first - FIRST) // SPAN
    root = Row(0, NOBODIES + place % RANGES * WHOLE, WHOLE)
    return Identities((root,) if first is None else (root, Row(first, first, SPAN)))


def _first(ledger: Ledger) -> int | None:
    return next((int(entry.key) for entry in ledger.of_kind(KIND) if entry.key.isdecimal()), None)


def _free(box: str) -> int:
    taken = set()
    for name in boxes():
        with contextlib.suppress(LaterLedgerError):
            taken.add(_first(Ledger(name)))
    place = _place(box)
    while (first := FIRST + place * SPAN) in taken:
        place = (place + 1) % RANGES
    return first


def _place(box: str) -> int:
    """By the box's name and state directory, so that boxes of other ones hardly ever meet."""
    digest = hashlib.sha256(f"{state.home()} {box}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % RANGES
