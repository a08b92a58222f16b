"""In which order a box stands still and goes on, and what becomes of it where a part of it can't."""

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import clocks, names, pending, snapshot, suspension, teardown
from harness.box.box import Box
from harness.box.copies import Copies
from harness.box.files import BoxFiles
from harness.errors import HarnessError, HostError, InputError, WaitError
from harness.ledger import Ledger
from harness.site import Node
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE, site_with, site_with_guests

BOX = "mine"


class Recorded:
    """Stands for dom0 and machines of a box: what was asked of them, in its order."""

    def __init__(self, said: list[str], name: Callable[[Any], str], files: str = "") -> None:
        self.said, self.name, self.suspended, self.files = said, name, False, files
        self.up: set[str] = set()

    def suspend(self, node: Node | None = None) -> None:
        self.said.append(f"{self.name(node)} stands")
        self.suspended = True

    def resume(self, node: Node | None = None) -> None:
        self.said.append(f"{self.name(node)} goes")
        self.suspended = False

    def mend(self) -> None:
        """Its daemon is sound."""

    def running(self) -> set[str]:
        return self.up

    def save(self, node: Node, path: str) -> None:
        self.said.append(f"{self.name(node)} saved")
        Path(path).write_text(self.name(node))
        self.up.remove(node.name)

    def restore(self, node: Node, path: str) -> None:
        assert Path(path).read_text() == self.name(node)
        self.said.append(f"{self.name(node)} restored")
        self.up.add(node.name)

    def quietly(self, *words: str) -> str:
        """It is this machine."""
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def box(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A box of which UI and SE have a kernel of their own."""
    site = site_with_guests(tmp_path)
    said: list[str] = []
    made = SimpleNamespace(
        name=BOX,
        pace=1.0,
        site=site,
        ledger=Ledger(BOX),
        dom0=Recorded(said, lambda _: "dom0", str(BoxFiles(BOX).top)),
        machines=Recorded(said, lambda node: node.role.value),
        said=said,
        close=int,
    )
    BoxFiles(BOX).make()
    made.machines.up |= {node.name for node in site.nodes}
    monkeypatch.setattr(clocks, "put_right", lambda _: said.append("clocks"))
    monkeypatch.setattr(names, "renew", lambda _: said.append("names"))
    monkeypatch.setattr(suspension, "wait_until_ready", lambda *_: said.append("ready"))
    monkeypatch.setattr(pending, "is_up", lambda *_: True)
    monkeypatch.setattr(pending, "attach", lambda _: made)
    return made


def open_entries() -> list[str]:
    return [entry.kind for entry in Ledger(BOX).open_entries()]


def test_none_goes_on_before_all_stand_still(box: Any) -> None:
    suspension.suspend(box)
    assert sorted(box.said[:2]) == ["se stands", "ui stands"]
    assert box.said[2:] == ["dom0 stands"]
    assert not suspension.is_left(box.ledger)
    assert suspension.since(box.ledger)
    del box.said[:]
    suspension.resume(box)
    assert box.said[0] == "dom0 goes"
    assert sorted(box.said[1:3]) == ["se goes", "ui goes"]
    assert box.said[3:] == ["clocks", "names", "ready"]
    assert open_entries() == []


def test_a_box_goes_on_if_a_part_of_it_can_not_stand_still(box: Any) -> None:
    def stuck() -> None:
        raise WaitError("waited 20 s for all processes of the box to stand still")

    box.dom0.suspend = stuck
    with pytest.raises(WaitError, match="to stand still"):
        suspension.suspend(box)
    assert sorted(box.said) == ["clocks", "se goes", "se stands", "ui goes", "ui stands"]
    assert open_entries() == []


@pytest.mark.parametrize("moment", ["ui stands", "dom0 stands"])
def test_what_was_killed_goes_on(box: Any, moment: str) -> None:
    """The next command, and ``ledger clean``, have a box go on that was held in part, with clocks set."""
    for name, word in (("machines", "ui stands"), ("dom0", "dom0 stands")):
        getattr(box, name).suspended = moment == word
    box.ledger.intend(suspension.KIND, BOX, since="2026-11-28T03:08:40+00:00", by="1:gone")
    assert "cut short" in pending.standstill(box)
    assert pending.is_left(box.ledger)
    assert pending.settle(BOX, box.ledger) is box
    assert {"ui goes", "se goes", "clocks"} <= set(box.said)
    assert not box.dom0.suspended
    assert open_entries() == []


def test_a_clock_that_can_not_be_set_keeps_no_box_from_going_on(
    box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Box) -> None:
        raise clocks.UnsetError("the clock of UI could not be set")

    monkeypatch.setattr(clocks, "put_right", fail)
    suspension.suspend(box)
    with pytest.raises(clocks.UnsetError):
        suspension.resume(box)
    assert (open_entries(), pending.standstill(box)) == ([], "")
    box.ledger.intend(suspension.KIND, BOX, since="", by="1:gone")
    pending.settle(BOX, box.ledger)
    assert open_entries() == []


def test_memory_is_in_files_while_it_stands_still(box: Any) -> None:
    box.machines.up.remove(box.site.se.name)
    suspension.suspend(box, save=True)
    assert box.said[2:] == ["ui saved", "dom0 stands"], "and the SE was down"
    assert "saved since" in pending.standstill(box)
    assert [path.name for path in BoxFiles(BOX).saved.iterdir()] == [box.site.ui.name]
    del box.said[:]
    suspension.resume(box)
    assert box.said[:2] == ["dom0 goes", "ui restored"]
    assert box.said[-3:] == ["clocks", "names", "ready"]
    assert not BoxFiles(BOX).saved.exists(), "it would be read again over what the node has written since"
    assert open_entries() == []


def test_a_machine_that_is_not_saved_is_not_said_to_be(box: Any) -> None:
    """libvirt says of what it can't save what it says of a machine that has ended."""
    save = box.machines.save

    def refuse(node: Node, path: str) -> None:
        if node.name == box.site.ui.name:
            box.said.append("ui not saved")
        else:
            save(node, path)

    box.machines.save = refuse
    with pytest.raises(HarnessError, match="the memory of xenuinode was not written"):
        suspension.suspend(box, save=True)
    assert "dom0 stands" not in box.said
    assert {"se restored", "ui goes", "clocks"} <= set(box.said)
    assert open_entries() == []


def test_a_machine_that_has_ended_meanwhile_needs_no_file(box: Any) -> None:
    box.machines.save = lambda node, _path: box.machines.up.remove(node.name)
    suspension.suspend(box, save=True)
    assert box.said[-1] == "dom0 stands"


def test_a_save_that_was_killed_half_way(box: Any) -> None:
    """What was saved is restored once, also if who did that was killed as well."""
    suspension.suspend(box, save=True)
    box.dom0.suspended = False
    box.machines.up.add(box.site.se.name)
    box.ledger.intend(suspension.KIND, BOX, since="now", saved="yes", by="1:gone")
    del box.said[:]
    pending.settle(BOX, box.ledger)
    assert [said for said in box.said if "restored" in said] == ["ui restored"]
    assert {"ui goes", "se goes"} <= set(box.said)
    assert not BoxFiles(BOX).saved.exists()
    assert open_entries() == []


@pytest.mark.tries("./icebox resume --box … tries it again")
@pytest.mark.tries("./icebox stop --box … gives that memory up, and keeps what is on disks")
@pytest.mark.parametrize("how", ["resume", "stop"])
def test_what_can_not_be_read_again_is_tried_again_or_given_up(box: Any, told: Told, how: str) -> None:
    """As where others have taken the memory meanwhile, or another QEMU is installed."""
    suspension.suspend(box, save=True)
    restore = box.machines.restore

    def full(_node: Node, _path: str) -> None:
        raise HarnessError(
            "libvirtd, which reads the memory of xenuinode, fails", why="Cannot allocate memory"
        )

    box.machines.restore = full
    error = failing(told, lambda: suspension.resume(box), HarnessError)
    assert f"./icebox {how} --box {BOX} " in error.remedy
    assert len(list(BoxFiles(BOX).saved.iterdir())) == 2
    assert open_entries() == [suspension.KIND]
    if how == "stop":
        pending.release(BOX, box.ledger, lambda _: None, go_on=True)
        box.ledger.replay(teardown.undoing(), frozenset({suspension.KIND}))
        assert not BoxFiles(BOX).saved.exists()
    else:
        box.machines.restore = restore
        suspension.resume(box)
    assert open_entries() == []


def test_nothing_is_kept_of_a_saved_box_that_died(box: Any) -> None:
    suspension.suspend(box, save=True)
    [entry] = box.ledger.of_kind(suspension.KIND)
    suspension.undo(entry)
    assert not BoxFiles(BOX).saved.exists()


def test_a_box_that_ends_does_so_whatever_resists(box: Any) -> None:
    def fail(_node: Node) -> None:
        raise HarnessError("libvirtd does not answer")

    suspension.suspend(box)
    box.machines.resume = fail
    warned: list[str] = []
    pending.release(BOX, box.ledger, warned.append, go_on=True)
    assert "libvirtd does not answer" in warned[0]


@pytest.mark.tries("free some there")
def test_too_little_space_for_it(box: Any, told: Told) -> None:
    """What stands for the dom0's disk has room again afterwards."""
    box.dom0.quietly = lambda *_: "100 4096"
    failing(told, lambda: suspension.check_room(box), HostError)
    box.dom0.quietly = lambda *_: f"{1 << 30} 4096"
    suspension.check_room(box)
    assert (box.said, open_entries()) == ([], [])


def test_a_site_whose_nodes_have_no_memory_of_their_own() -> None:
    with pytest.raises(InputError, match="no node of this box has memory"):
        suspension.saved(SITE)


def test_a_node_that_shares_a_directory_with_its_dom0_stays_in_memory(tmp_path: Path) -> None:
    site = site_with(tmp_path, ("[dom0]", '[dom0]\nhypervisor = "qemu"'))
    assert [node.role.value for node in suspension.saved(site)] == ["se", "ui", "rb"]


def test_one_that_stood_still_before_a_snapshot_does_so_after_it(box: Any) -> None:
    suspension.suspend(box)
    del box.said[:]
    with suspension.still(box):
        pass
    assert box.said == []
    suspension.let_go(box)
    del box.said[:]
    with suspension.still(box):
        assert box.dom0.suspended
    assert box.said[-3] == "dom0 goes"


@pytest.mark.parametrize("full", [False, True])
def test_clocks_are_right_after_a_snapshot_however_it_ends(
    box: Any, monkeypatch: pytest.MonkeyPatch, *, full: bool
) -> None:
    def keep(_copies: Copies, _name: str) -> None:
        assert box.dom0.suspended
        raise HostError("the disk ran full")

    if full:
        monkeypatch.setattr(Copies, "keep", keep)
    monkeypatch.setattr(clocks, "put_right", lambda _: box.said.append(f"clocks {open_entries()}"))
    files = BoxFiles(BOX)
    files.keep_site(box.site)
    with pytest.raises(HostError) if full else contextlib.nullcontext():
        snapshot.take(files, box.ledger, "monday", box)
    assert box.said[-1] == "clocks ['snapshot']", "who is killed before leaves it to the next"
    assert sorted(box.said[-3:-1]) == ["se goes", "ui goes"]
    assert (open_entries(), (files.snapshots / "monday").exists()) == ([], not full)
