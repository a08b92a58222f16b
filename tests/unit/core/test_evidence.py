"""Evidence of a box: bounded in time whatever hangs, and without a secret."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from harness.box import evidence
from harness.box.box import Box
from harness.command import CommandResult
from harness.secrets import Secrets
from tests.unit.sites import SITE


class FakePlace:
    """A dom0 or node that says one thing, or nothing until the test is over."""

    def __init__(self, says: str, hangs: threading.Event | None = None) -> None:
        self.says, self.hangs = says, hangs

    lines: ClassVar[list[str]] = []

    def run(self, line: str, timeout: float = 0) -> CommandResult:
        self.lines.append(line)
        if self.hangs:
            self.hangs.wait()
        return CommandResult(line, "fake", 0, self.says, "", 0.0)


class FakeDom0(FakePlace):
    noted = "a log"

    def logs(self) -> list[str]:
        return ["libvirtd.log"]

    def log(self, name: str) -> str:
        return self.noted


class FakeBox:
    """A box whose nodes and libvirtd hang where they are told to."""

    def __init__(self, top: Path, over: threading.Event) -> None:
        self.over = over
        self.site = SITE
        self.secrets = Secrets.open(top / "secrets")
        self.machines = SimpleNamespace(
            describe=lambda node: f"<domain>{node.name}</domain>",
            notes=lambda: "a note",
            last_words=lambda _node: "its kernel panicked",
        )
        self.dom0 = FakeDom0("an address")
        self.hanging: set[str] = set()
        self.says = "a journal"
        self.off: set[str] = set()
        self.pace = 1.0

    def down(self) -> list[Any]:
        return [node for node in self.site.nodes if node.name in self.off]

    def inside(self, node: Any) -> FakePlace | None:
        if node.name in self.off:
            return None
        return FakePlace(self.says, self.over if node.name in self.hanging else None)


@pytest.fixture
def over() -> Iterator[threading.Event]:
    event = threading.Event()
    FakePlace.lines.clear()
    yield event
    event.set()


@pytest.fixture
def fake(tmp_path: Path, over: threading.Event) -> FakeBox:
    return FakeBox(tmp_path, over)


def collect(fake: FakeBox, directory: Path, limit: float = 60.0) -> dict[str, str]:
    evidence.collect(cast("Box", fake), directory, limit=limit)
    return {path.name: path.read_text() for path in directory.iterdir()}


def test_every_part_is_there(fake: FakeBox, tmp_path: Path) -> None:
    found = collect(fake, tmp_path / "evidence")
    assert found["dom0-addresses.txt"] == "an address"
    assert found["dom0-libvirtd.log"] == "a log"
    assert found["xencenode-journal.txt"] == "a journal"
    assert found["xencenode.xml"] == "<domain>xencenode</domain>"
    for kind in ("logs", "network", "certificates", "disk", "processes", "units"):
        assert found[f"xenrbnode-{kind}.txt"] == "a journal"


def test_logs_are_those_since_the_run_began(fake: FakeBox, tmp_path: Path) -> None:
    fake.says = ""
    evidence.collect(cast("Box", fake), tmp_path / "evidence", seconds=600.0)
    [since] = {float(found) for line in FakePlace.lines for found in re.findall(r"[-=]@(\d+)", line)}
    assert 0 <= time.time() - since - 600 - evidence.BEFORE < 30


def test_a_node_that_is_down_is_said_to_be_so(fake: FakeBox, tmp_path: Path) -> None:
    fake.off = {"xenwnnode"}
    found = collect(fake, tmp_path / "evidence")
    assert found["xenwnnode-journal.txt"] == "the node is down; its kernel panicked\n"
    assert found["xencenode-journal.txt"] == "a journal"


def test_a_node_and_a_libvirtd_that_hang_take_nothing_from_the_rest(
    fake: FakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SHARE", 0.2)
    fake.hanging = {"xencenode"}
    fake.machines.describe = lambda node: fake.over.wait()
    found = collect(fake, tmp_path / "evidence")
    assert found["xenwnnode-journal.txt"] == "a journal"
    for name in ("xencenode-journal.txt", "xencenode.xml", "xenwnnode.xml"):
        assert "could not be gathered: waited" in found[name]


def test_all_of_it_ends_at_its_limit(fake: FakeBox, tmp_path: Path) -> None:
    fake.hanging = {node.name for node in fake.site.nodes}
    fake.dom0.hangs = fake.over
    found = collect(fake, tmp_path / "evidence", limit=0.3)
    assert found["xencenode-journal.txt"] == "not gathered within 0.3 s\n"
    assert found["dom0-rules.txt"] == "not gathered within 0.3 s\n"


def test_no_secret_stands_in_it(fake: FakeBox, tmp_path: Path) -> None:
    key = fake.secrets.ssh_key("root").path.read_text()
    fake.says = f"password={fake.secrets.tsig_key}\n{key}\n"
    fake.dom0.says = fake.secrets.munge_key
    fake.dom0.noted = f"started with {fake.secrets.voms_password}"
    found = collect(fake, tmp_path / "evidence")
    for name, text in found.items():
        for secret in (*fake.secrets.known(), "PRIVATE KEY-----"):
            assert secret not in text, name
    assert "removed]" in found["xencenode-journal.txt"]
    assert "removed]" in found["dom0-addresses.txt"]
    assert "removed]" in found["dom0-libvirtd.log"]


def test_what_was_there_before_is_replaced(fake: FakeBox, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence/old.txt").write_text("of another box")
    assert "old.txt" not in collect(fake, tmp_path / "evidence")
    assert (tmp_path / "evidence").stat().st_mode & 0o777 == 0o700
