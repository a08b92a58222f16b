"""Machines that are no more: what the ledger has of a box there, which nobody can undo."""

from __future__ import annotations

from harness.dom0.kinds.remote import RemoteDom0
from harness.ledger import Entry, Ledger


def hosts(ledger: Ledger) -> set[str]:
    """The machines on which a box is, or has stored something."""
    return {entry.key for entry in _all(ledger)}


def on(ledger: Ledger, host: str) -> list[Entry]:
    """What is on a machine."""
    return [entry for entry in _all(ledger) if entry.key == host]


def reached_by(ledger: Ledger, config: str) -> list[Entry]:
    """What is on machines that were reached by a file for ssh (``ICEBOX_SSH_CONFIG``)."""
    return [entry for entry in _all(ledger) if entry.details.get("config", "") == config]


def _all(ledger: Ledger) -> list[Entry]:
    return [entry for kind in (RemoteDom0.MARK, *RemoteDom0.STORED) for entry in ledger.of_kind(kind)]
