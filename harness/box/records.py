"""What a box has put into DNS: in its ledger before it is sent, and taken back when the box goes.

A line of the ledger has all that is needed for it, since what is left of a box may be no more than that line.
It holds no secret: keys and passwords stay in the files that the site file names.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from harness.box.files import BoxFiles
from harness.console import Console
from harness.deadline import within
from harness.dns.errors import DnsError
from harness.dns.kind import ProviderContext
from harness.dns.provider import Change, Connect, Record
from harness.dns.registry import make_provider
from harness.dns.tether import Tether
from harness.dom0.place import Place
from harness.dom0.standing import attach
from harness.errors import HarnessError
from harness.ledger import Entry, Ledger
from harness.site import DnsSettings
from harness.site.addresses import NAME_SERVER

KIND = "names"
"""In the ledger."""
CONNECTING = 10.0
"""Seconds for one connection."""
WITHDRAWING = 20.0
"""Seconds for one provider when a box goes: one that can't be reached keeps nobody waiting longer."""


class PublishedRecords:
    """Records of one box at one provider, as the ledger has them."""

    def __init__(self, ledger: Ledger, title: str, settings: DnsSettings, around: ProviderContext) -> None:
        self.ledger, self.title = ledger, title
        self._details = {
            "box": around.box,
            "provider": settings.provider,
            "options": json.dumps(settings.options),
            "domain": around.domain,
            "base": str(around.base),
        }

    def note(self, changes: Sequence[Change]) -> None:
        """Write down, beside what there is, what is about to be sent."""
        self._write({*self._held(), *(Record(change.name, change.after) for change in changes)})

    def settle(self, names: Sequence[str], address: IPv4Address) -> None:
        """Now that ``names`` lead to ``address``, forget where they led before."""
        held = self._held()
        if held:
            self._write(each for each in held if each.name not in names or each.address == address)

    def _held(self) -> list[Record]:
        open_ones = (entry for entry in self.ledger.of_kind(KIND) if entry.key == self.title)
        return next((records_of(entry) for entry in open_ones), [])

    def _write(self, records: Iterable[Record]) -> None:
        told = sorted((each.name, str(each.address)) for each in records)
        self.ledger.intend(KIND, self.title, **self._details, records=json.dumps(told))


def records_of(entry: Entry) -> list[Record]:
    """The records that a line of the ledger tells of."""
    return [Record(name, IPv4Address(at)) for name, at in json.loads(entry.details.get("records", "[]"))]


def withdraw(entry: Entry) -> None:
    """Take back what an entry tells of; what stays all the same is said once, and is nobody's then.

    Raises IceboxError if it has to be tried again: DnsError, DnsRefusedError, or SilentError after
    ``WITHDRAWING`` seconds.
    """
    ledger = Ledger(entry.details["box"])
    not_before = float(entry.details.get("not_before", 0))
    if time.time() < not_before:
        clock = time.strftime("%H:%M:%S", time.localtime(not_before))
        raise DnsError(
            "the service had trouble, and is not asked again so soon",
            where=entry.key,
            remedy=f"try again after {clock}",
        )
    place = _standing(entry.details["box"])
    try:
        with Tether(_from(place)) as tether:
            stay = within(
                place.longer(WITHDRAWING) if place else WITHDRAWING,
                "the box's names to be taken back",
                lambda: _withdrawn(entry, tether.connect, resolver=place is not None),
                where=entry.key,
            )
    except DnsError as error:
        if error.not_before:
            ledger.intend(KIND, entry.key, **{**entry.details, "not_before": str(error.not_before)})
        raise
    for line in stay:
        Console().warn(line)


def _withdrawn(entry: Entry, connect: Connect, *, resolver: bool) -> tuple[str, ...]:
    details = entry.details
    options = tuple((str(name), str(value)) for name, value in json.loads(details["options"]))
    around = ProviderContext(
        domain=details["domain"],
        base=Path(details["base"]),
        state=BoxFiles(details["box"]).top,
        connect=connect,
        box=details["box"],
        resolver=str(NAME_SERVER) if resolver else "",
    )
    return make_provider(DnsSettings(details["provider"], options), around).withdraw(records_of(entry))


def _standing(box: str) -> Place | None:
    """The box's dom0, if it still stands."""
    try:
        return attach(box, Ledger(box))
    except HarnessError:
        return None


def _from(place: Place | None) -> Connect:
    """Where the provider is called from: the box's dom0 as before, or else this machine."""
    if place is not None:
        return place.open_socket
    return lambda host, port: socket.create_connection((host, port), CONNECTING)
