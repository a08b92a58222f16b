"""Names that a box has put into DNS: written down first, and taken back when it goes."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.box import records, teardown
from harness.box.records import PublishedRecords
from harness.console import Console, Style
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.hosts import HostsProvider
from harness.dns.kind import ProviderContext
from harness.dns.provider import Record
from harness.errors import SilentError
from harness.ledger import Entry, Ledger, LedgerError
from harness.site import DnsSettings

CE, SE = "xencenode.sytes.net", "xensenode.sytes.net"
OLD, NEW = IPv4Address("203.0.113.10"), IPv4Address("203.0.113.77")
QUIET = Console(style=Style.QUIET)


def nowhere(_host: str, _port: int) -> socket.socket:
    raise ConnectionRefusedError


class Place:
    """A box's ledger, and a hosts file of a class room."""

    def __init__(self, home: Path) -> None:
        self.file = home / "class-room"
        self.file.write_text("10.0.0.1 printer\n")
        self.ledger = Ledger("school")
        self.provider = HostsProvider(self.file, "icebox school")
        settings = DnsSettings("hosts", (("file", self.file.name),))
        around = ProviderContext("sytes.net", home, home / "boxes/school", nowhere, "school")
        self.books = PublishedRecords(self.ledger, self.provider.title, settings, around)

    def publish(self, *names: str, address: IPv4Address = OLD) -> None:
        self.provider.update(names, address, self.books.note)
        self.books.settle(names, address)

    @property
    def entry(self) -> Entry:
        (entry,) = self.ledger.of_kind(records.KIND)
        return entry


@pytest.fixture
def place(home: Path) -> Place:
    return Place(home)


def test_it_stands_in_the_ledger_before_it_is_anywhere_else(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_self: HostsProvider, _lines: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(HostsProvider, "_replace", killed)
    with pytest.raises(KeyboardInterrupt):
        place.publish(CE)
    assert CE not in place.file.read_text()
    assert records.records_of(place.entry) == [Record(CE, OLD)]
    assert place.entry.key == f"hosts file {place.file}"


def test_a_box_that_is_dead_has_its_names_taken_back(place: Place) -> None:
    place.publish(CE, SE)
    assert CE in place.file.read_text()
    assert teardown.is_dead("school")
    assert teardown.clean(QUIET) == ["school"]
    assert place.file.read_text() == "10.0.0.1 printer\n"
    assert not place.ledger.path.exists()


def test_nothing_but_the_line_is_needed_for_it(place: Place, home: Path) -> None:
    """Not the box's directory, its description or its keys: they may be gone."""
    place.publish(CE)
    assert [path.name for path in home.iterdir()] == ["class-room", "ledger"]
    records.withdraw(place.entry)
    assert place.file.read_text() == "10.0.0.1 printer\n"


def test_after_a_move_only_what_stands_is_held(place: Place) -> None:
    place.publish(CE, SE)
    place.publish(CE, SE, address=NEW)
    assert sorted(records.records_of(place.entry), key=str) == [Record(CE, NEW), Record(SE, NEW)]


def test_a_move_that_fails_half_way_holds_both(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(CE)
    monkeypatch.setattr(HostsProvider, "_replace", lambda *_: pytest.fail("no space"))
    with pytest.raises(pytest.fail.Exception):
        place.publish(CE, address=NEW)
    assert set(records.records_of(place.entry)) == {Record(CE, OLD), Record(CE, NEW)}


def test_no_secret_stands_in_the_ledger(home: Path) -> None:
    (home / "password").write_text("geheim")
    (home / "password").chmod(0o600)
    settings = DnsSettings("dyndns2", (("user", "me@example.org"), ("password_file", "password")))
    around = ProviderContext("sytes.net", home, home / "boxes/school", nowhere, "school")
    PublishedRecords(Ledger("school"), "a service", settings, around).note([])
    assert "geheim" not in Ledger("school").path.read_text()


class Away:
    """In the place of a provider: does what it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        self.over = threading.Event()
        self.over.set()
        self.stay: tuple[str, ...] = ()
        self.asked: list[Record] = []
        monkeypatch.setattr(records, "make_provider", lambda *_: self)

    def withdraw(self, asked: Sequence[Record]) -> tuple[str, ...]:
        self.asked += asked
        self.over.wait()
        if self.error is not None:
            raise self.error
        return self.stay


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    made = Away(monkeypatch)
    yield made
    made.over.set()


def test_a_provider_that_is_away_keeps_its_line_and_nothing_else(
    place: Place, away: Away, home: Path
) -> None:
    data = home / "boxes/school"
    data.mkdir(parents=True)
    place.ledger.intend("data", str(data))
    place.publish(CE)
    away.error = DnsError("the name server does not answer")
    with pytest.raises(LedgerError, match="does not answer") as left:
        teardown.clean(QUIET)
    assert teardown.names_alone(left.value)
    assert not data.exists()
    assert records.records_of(place.entry) == [Record(CE, OLD)]
    away.error = None
    assert teardown.clean(QUIET) == ["school"]
    assert away.asked == [Record(CE, OLD)] * 2


def test_one_that_hangs_is_not_waited_for(place: Place, away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "WITHDRAWING", 0.1)
    away.over.clear()
    place.publish(CE)
    with pytest.raises(SilentError, match="names to be taken back"):
        records.withdraw(place.entry)


def test_what_stays_for_good_is_said_once(
    place: Place, away: Away, capsys: pytest.CaptureFixture[str]
) -> None:
    away.stay = (f"{CE} still leads to {OLD}",)
    place.publish(CE)
    assert teardown.clean(QUIET) == ["school"]
    assert f"{CE} still leads to {OLD}" in capsys.readouterr().err
    assert teardown.clean(QUIET) == []


def test_a_service_that_asked_for_time_is_not_asked_before(place: Place, away: Away) -> None:
    place.publish(CE)
    away.error = DnsError("it said 911")
    away.error.not_before = time.time() + 1000
    for _ in range(2):
        with pytest.raises(DnsError):
            records.withdraw(place.entry)
    assert len(away.asked) == 1
    assert float(place.entry.details["not_before"]) > time.time()


def test_a_person_may_give_names_up(place: Place, away: Away, capsys: pytest.CaptureFixture[str]) -> None:
    place.publish(CE)
    away.error = DnsRefusedError("the key is not known any more")
    assert teardown.clean(QUIET, "school", forget_names=True) == ["school"]
    assert away.asked == []


def test_the_details_are_plain(place: Place) -> None:
    place.publish(CE)
    details = dict(place.entry.details)
    assert json.loads(details.pop("records")) == [[CE, str(OLD)]]
    assert json.loads(details.pop("options")) == [["file", "class-room"]]
    assert details == {
        "box": "school",
        "provider": "hosts",
        "domain": "sytes.net",
        "base": str(place.file.parent),
    }
