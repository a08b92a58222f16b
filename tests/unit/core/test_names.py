"""What the names of a box need of its secrets."""

import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.box import names
from harness.dns.kind import ProviderContext
from harness.dns.provider import Change, Sending
from harness.errors import InputError, SilentError
from harness.ledger import Ledger
from harness.secrets import Secrets
from harness.site import DnsSettings
from tests.unit.sites import SITE


class FreshBox:
    """A box that this process has just attached to: its secrets are opened when they are first asked for."""

    site = SimpleNamespace(dns=DnsSettings("rfc2136"))

    def __init__(self, directory: Path) -> None:
        self.files = SimpleNamespace(secrets=directory)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets.open(self.files.secrets)


def test_the_key_of_the_name_service_is_written_by_who_never_opened_the_secrets(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    try:
        # In a thread: whoever takes a lock twice waits for himself.
        settings = pool.submit(names._settings, cast(Any, FreshBox(tmp_path))).result(timeout=60)
    finally:
        pool.shutdown(wait=False)
    assert settings.option("key_file") == str(tmp_path / "tsig.key")
    assert "secret" in (tmp_path / "tsig.key").read_text()


class Standing:
    """A box that is up, at an address."""

    def __init__(self, done: list[str]) -> None:
        self.site = SITE
        self.dom0 = SimpleNamespace(move=lambda new: done.append(str(new)))
        self.public_address = self.site.public_address
        self.files = SimpleNamespace(keep_address=lambda address: None)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the dom0 was moved to, and what was published."""
    done: list[str] = []
    monkeypatch.setattr(names, "publish", lambda _box, *_gone: done.append("published") or ())
    return done


@pytest.mark.parametrize(
    "address",
    [
        *("192.168.1.77", "192.168.1.4", "192.168.1.1", "192.168.1.255"),  # the private network
        *("203.0.113.1", "203.0.113.53"),  # the outside
        *("127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
    ],
)
def test_a_box_is_moved_nowhere_that_is_taken(moved: list[str], address: str) -> None:
    with pytest.raises(InputError, match=f"{address} can't be the public address"):
        names.move(cast(Any, Standing(moved)), IPv4Address(address))
    assert moved == []


def test_a_box_is_moved_elsewhere(moved: list[str]) -> None:
    names.move(cast(Any, Standing(moved)), IPv4Address("198.51.100.7"))
    assert moved == ["198.51.100.7", "published"]


def test_a_box_that_should_be_there_already_is_looked_at_again(moved: list[str]) -> None:
    """An earlier move may have been killed before the dom0 had its address."""
    box = Standing(moved)
    names.move(cast(Any, box), box.public_address)
    assert moved == [str(box.public_address), "published"]


class Slow:
    """A provider that publishes once it is let go, long after nobody waits any more."""

    title = "slow"

    def __init__(self) -> None:
        self.go, self.ended = threading.Event(), threading.Event()
        self.published: list[str] = []

    def update(self, names: Sequence[str], address: IPv4Address, sending: Sending) -> tuple[Change, ...]:
        changes = tuple(Change(name, (), address) for name in names)
        try:
            assert self.go.wait(60)
            sending(changes)
            self.published += names
        finally:
            self.ended.set()
        return changes


def test_a_provider_that_was_given_up_publishes_nothing_later(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, box = Slow(), Standing([])
    box.site = replace(box.site, dns=DnsSettings("rfc2136", (("server", "203.0.113.99"),)))
    around = ProviderContext("sytes.net", home, home, lambda *_: socket.socketpair()[0], "school")
    full = SimpleNamespace(**vars(box), ledger=Ledger("school"), name="school")
    full.dom0.open_socket, full.dom0.longer = around.connect, lambda seconds: 2 * seconds
    monkeypatch.setattr(names, "make_provider", lambda *_: provider)
    monkeypatch.setattr(names, "_surroundings", lambda _box: around)
    monkeypatch.setattr(names, "reverse_of", lambda _box: SimpleNamespace(point=lambda *_: None))
    monkeypatch.setattr(names, "PUBLISHING", 0.2)
    with pytest.raises(SilentError, match=r"waited 0\.4 s"):
        names.publish(cast(Any, full))
    provider.go.set()
    assert provider.ended.wait(60)
    assert not provider.published
    assert not full.ledger.open_entries()
