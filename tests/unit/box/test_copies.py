"""Snapshots of a box whose nodes write on another machine, which here is another state directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import process, state
from harness.box import copies, far, pending, revert, snapshot, teardown
from harness.box.files import BoxFiles
from harness.console import Console, Style
from harness.dom0 import sent, shelf
from harness.errors import HarnessError, HostError, UnreachableError
from harness.ledger import Ledger
from tests.unit.sites import site_with

BOX, LAPTOP = "mine", "0123456789abcdef"


class Far:
    """That machine: what the laptop's harness does there is done in its state directory."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.home, self._patch, self.deaf = home, patch, False

    @contextmanager
    def there(self) -> Iterator[None]:
        with self._patch.context() as patch:
            patch.setenv("ICEBOX_HOME", str(self.home))
            yield

    def do(self, host: object, what: str, _seconds: float = 0.0, /, **words: object) -> object:
        if self.deaf:
            raise UnreachableError("it can't be reached", where=str(host))
        with self.there():
            return far.DEEDS[what](**words)

    @property
    def written(self) -> Path:
        with self.there():
            return BoxFiles(BOX).scratch("xenuinode") / "upper"

    @property
    def copies(self) -> list[str]:
        with self.there():
            return sorted(path.name for path in BoxFiles(BOX).snapshots.glob("*"))


@pytest.fixture
def far_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Far:
    """A box that was up once, with its two journals, and a note on the UI."""
    made = Far(tmp_path / "far", monkeypatch)
    monkeypatch.setattr(sent, "do", made.do)
    site = site_with(tmp_path, ('kind = "embedded"', 'kind = "remote"\nhost = "root@xen1"'))
    ledger = Ledger(BOX)
    ledger.intend("remote-data", "root@xen1", box=BOX, laptop=LAPTOP, config="")
    for kind in ("data", "kept"):
        ledger.intend(kind, str(BoxFiles(BOX).top))
    BoxFiles(BOX).make()
    BoxFiles(BOX).keep_site(site)
    with made.there():
        state.make_home()
        BoxFiles(BOX).make()
        Ledger(BOX).intend("laptop", LAPTOP)
        Ledger(BOX).intend("data", str(BoxFiles(BOX).top))
    made.written.mkdir(parents=True)
    (made.written / "memo").write_text("old")
    return made


def take(name: str) -> snapshot.Snapshot:
    return snapshot.take(BoxFiles(BOX), Ledger(BOX), name, None)


def test_there_and_back(far_home: Far) -> None:
    made = take("monday")
    assert made.size > 0
    assert far_home.copies == ["monday"]
    assert [path.name for path in made.path.iterdir()] == [snapshot.ABOUT], "what nodes wrote stays there"
    (far_home.written / "memo").write_text("new")
    (far_home.written / "later").touch()
    revert.revert(BoxFiles(BOX), Ledger(BOX), made, None)
    assert [(path.name, path.read_text()) for path in far_home.written.iterdir()] == [("memo", "old")]
    snapshot.remove(BoxFiles(BOX), Ledger(BOX), "monday")
    assert far_home.copies == []
    assert snapshot.of(BoxFiles(BOX)) == []


def test_a_box_of_this_machine_has_its_copies_here(home: Path) -> None:
    """Wherever its machines have their disks: volumes outlive a run as what lies on another machine does."""
    ledger = Ledger("other")
    ledger.intend(shelf.VOLUME, "box_vg/other.UINode", tag="icebox.0")
    assert type(copies.of(BoxFiles("other"), ledger)) is copies.Copies


def test_one_that_was_whole_there_and_not_here_is_none(
    far_home: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "_finish", die)
        patch.setattr(copies.FarCopies, "drop", lambda *_: None)
        patch.setattr(Ledger, "gone", lambda *_: None)
        with pytest.raises(SystemExit):
            take("monday")
    monkeypatch.setattr(process, "is_signature", lambda _: False)
    assert far_home.copies == ["monday"]
    teardown.clean(Console(style=Style.QUIET), BOX)
    assert far_home.copies == []
    assert not list(BoxFiles(BOX).snapshots.iterdir())
    assert not Ledger(BOX).of_kind(snapshot.KIND)


def test_one_that_is_whole_stays_though_its_journal_was_not_told(far_home: Far) -> None:
    take("monday")
    entry = Ledger(BOX).intend(snapshot.KIND, str(copies.partial_of(BoxFiles(BOX), "monday")), by="1:gone")
    copies.undo(entry)
    assert far_home.copies == ["monday"]


def test_what_was_cut_short_there_ends_with_the_run(far_home: Far) -> None:
    with far_home.there():
        partial = copies.partial_of(BoxFiles(BOX), "monday")
        Ledger(BOX).intend("directory", str(partial))
        (partial / copies.STORED).mkdir(parents=True)
    far_home.do("", "stop", box=BOX, laptop=LAPTOP)
    assert far_home.copies == []
    assert (far_home.written / "memo").exists()


def test_a_full_disk_there(far_home: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "SPACE", 1 << 60)
    with pytest.raises(HostError, match="too little space for a snapshot"):
        take("monday")
    assert not list(BoxFiles(BOX).snapshots.glob("*"))
    assert not Ledger(BOX).of_kind(snapshot.KIND)


def test_nothing_is_removed_for_a_copy_that_is_gone(far_home: Far) -> None:
    made = take("monday")
    far_home.do("", "drop", box=BOX, laptop=LAPTOP, name="monday")
    with pytest.raises(HarnessError, match="had kept is gone") as error:
        revert.revert(BoxFiles(BOX), Ledger(BOX), made, None)
    assert error.value.remedy == f"./icebox snapshots --box {BOX} --remove monday"
    snapshot.remove(BoxFiles(BOX), Ledger(BOX), "monday")
    assert (far_home.written / "memo").read_text() == "old"
    assert not Ledger(BOX).of_kind(pending.REVERT)


def test_a_machine_that_can_not_be_reached(far_home: Far) -> None:
    """What is not whole stays in the journal until it can be removed there, too."""
    far_home.deaf = True
    with pytest.raises(UnreachableError):
        take("monday")
    assert Ledger(BOX).of_kind(snapshot.KIND)
    far_home.deaf = False
    teardown.clean(Console(style=Style.QUIET), BOX)
    assert not Ledger(BOX).of_kind(snapshot.KIND)


def test_one_that_is_not_reached_keeps_no_other_from_being_cleaned(
    far_home: Far, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows that it is down."""

    def attach(_: str) -> None:
        raise UnreachableError("it can't be reached", where="root@xen1")

    Ledger(BOX).intend(snapshot.KIND, str(copies.partial_of(BoxFiles(BOX), "monday")), by="1:gone")
    for module in (teardown, pending):
        monkeypatch.setattr(module, "is_up", lambda *_: True)
    monkeypatch.setattr(pending, "attach", attach)
    assert teardown.clean(Console(style=Style.PLAIN)) == []
    assert "it can't be reached" in capsys.readouterr().err
    assert Ledger(BOX).of_kind(snapshot.KIND), "it is asked again"


def test_another_laptops_box_is_left_alone(far_home: Far) -> None:
    for what in ("check_room", "keep", "put", "drop"):
        name = {} if what == "check_room" else {"name": "monday"}
        with pytest.raises(HostError, match="there is another box named"):
            far_home.do("", what, box=BOX, laptop="another", **name)
