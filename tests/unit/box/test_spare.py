"""What the ledger has of a spare run decides what becomes of it; that one works, integration tests show."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.box import ahead, host, spare, suspension
from harness.box.files import BoxFiles
from harness.box.snapshot import Snapshot
from harness.deadline import wait_for
from harness.dom0 import preflight, standing
from harness.ledger import Ledger
from tests.unit.sites import SITE

BOX, FIRST, SECOND = "mine", "icebox-mine.1", "icebox-mine.2"
MONDAY = Snapshot("monday", Path("/monday"), 0.0, 0, (), ())


class Dom0:
    """Stands for one that goes on."""

    directory, suspended = "/run/icebox/mine", True

    def __init__(self, group: str) -> None:
        self.partition = group

    def resume(self) -> None:
        self.suspended = False


@pytest.fixture
def box(home: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A box with both dom0s in its ledger."""
    files, ledger = BoxFiles(BOX), Ledger(BOX)
    files.make()
    for text, place in (("new", files.stored), ("old", spare.SpareFiles(BOX).stored)):
        (place / "home").mkdir(parents=True)
        (place / "home" / "memo").write_text(text)
    removed: list[str] = []
    monkeypatch.setattr(standing, "undo", lambda: {"cgroup": lambda entry: removed.append(entry.key)})
    for group in (FIRST, SECOND):
        ledger.intend("cgroup", group)
    return SimpleNamespace(
        name=BOX, dom0=Dom0(FIRST), files=files, ledger=ledger, close=int, removed=removed, home=home
    )


def memo(box: SimpleNamespace) -> str:
    return str((box.files.stored / "home" / "memo").read_text())


def settle(box: SimpleNamespace) -> None:
    spare.settle(box)  # type: ignore[arg-type]


@pytest.fixture
def maker() -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Makes a process that bears a mark and leads a session, with a child."""
    made: list[subprocess.Popen[bytes]] = []

    def make(mark: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '600'])", BOX, mark]
        made.append(subprocess.Popen(words, start_new_session=True))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        each.wait()


def test_one_that_is_being_made_is_left_alone_and_given_up_when_it_must(
    box: SimpleNamespace, maker: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    mark = spare.begun(box.ledger, MONDAY)
    process = maker(mark)
    wait_for("it to run", lambda: not spare.is_left(box.ledger), 20)
    settle(box)
    assert (box.removed, process.poll()) == ([], None)
    assert spare.is_wanted(box.ledger, mark)
    spare.give_up(box.ledger)
    assert process.wait(20) < 0
    assert spare.is_left(box.ledger)
    settle(box)
    assert (box.removed, memo(box)) == ([SECOND], "new")
    assert not spare.SpareFiles(BOX).stored.exists()
    assert [entry.key for entry in box.ledger.open_entries()] == [FIRST]


def test_a_box_that_has_none_keeps_all_that_it_has(box: SimpleNamespace) -> None:
    """As what a box that is exposed has in its host's network."""
    spare.drop(box)  # type: ignore[arg-type]
    assert (box.removed, len(box.ledger.open_entries())) == ([], 2)


def test_one_that_is_ready_stays(box: SimpleNamespace) -> None:
    spare.stands(box.ledger, MONDAY, SECOND, "192.0.2.1")
    settle(box)
    assert (box.removed, spare.is_ready(box.ledger, MONDAY), spare.is_left(box.ledger)) == ([], True, False)


def test_a_change_of_place_that_was_killed_is_done_to_its_end(box: SimpleNamespace) -> None:
    spare.stands(box.ledger, MONDAY, SECOND, "192.0.2.1")
    box.dom0 = Dom0(SECOND)
    box.ledger.intend(suspension.KIND, BOX, since="2026-11-28T03:08:40+00:00")  # of the first
    settle(box)
    assert (box.removed, memo(box), box.dom0.suspended) == ([FIRST], "old", False)
    assert not spare.SpareFiles(BOX).stored.exists()
    assert [entry.key for entry in box.ledger.of_kind("cgroup")] == [SECOND]


@pytest.mark.parametrize(
    ("snapshot", "at", "address"),
    [("/tuesday", 0.0, "192.0.2.1"), ("/monday", 1.0, "192.0.2.1"), ("/monday", 0.0, "192.0.2.2")],
    ids=["other", "of the same name", "moved"],
)
def test_one_that_does_not_fit_takes_no_place(
    box: SimpleNamespace, snapshot: str, at: float, address: str
) -> None:
    spare.stands(box.ledger, MONDAY, SECOND, address)
    box.public_address = "192.0.2.1"
    wanted = Snapshot("x", Path(snapshot), at, 0, (), ())
    assert not spare.takes_place(box, wanted, lambda _: None)  # type: ignore[arg-type]
    assert (box.removed, memo(box)) == ([], "new")


FITTING = {"built": True, "keys": ("a", "b")}


@pytest.mark.parametrize("change", ["", "volume", "image", "memory", "exposed", "local", "room", "qemu"])
def test_which_boxes_have_one(box: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(host, "free_memory", lambda: 10**9 if change == "memory" else 10**10)
    if change == "room":
        monkeypatch.setattr(preflight, "PER_NODE", 10**6)
    (box.files.top / "image").write_text("a\nb\n" if change != "image" else "a\nc\n")
    if change == "volume":
        box.files.volume.touch()
    site = SITE
    if change == "exposed":
        site = dataclasses.replace(site, expose=("eth0",))
    if change == "local":
        site = dataclasses.replace(site, dom0_kind="local")
    if change == "qemu":
        nodes = tuple(dataclasses.replace(node, hypervisor="qemu") for node in site.nodes)
        site = dataclasses.replace(site, nodes=nodes)
    there = SimpleNamespace(site=site, files=box.files)
    assert ahead._fits(there, SimpleNamespace(**FITTING)) == (not change)  # type: ignore[arg-type]
