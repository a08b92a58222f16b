"""Where drives lie that are not in the box's directory: what is refused, and that what others have stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import state
from harness.dom0 import lvm, shelf
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.dom0.lvm import Group
from harness.dom0.shelf import DIRECTORY, VOLUME, InDirectory, InGroup, Shelf
from harness.errors import HostError, InputError
from harness.ledger import Ledger
from tests.drill.tried import Told, failing
from tests.unit.killing import killed_while_writing

MEGABYTE = 1 << 20
SIZES = {"CENode": 40 * MEGABYTE, "CEswap": 8 * MEGABYTE}
TAKEN = {"CENode": 2 * MEGABYTE, "CEswap": 0}
ALL = ["grid/school.CENode", "grid/school.CEswap"]


@dataclass
class Host:
    """A machine with a volume group, of extents of 4 MB: its volumes with their tags, as lvm2 tells them."""

    free: int = 12
    volumes: dict[str, str] = field(default_factory=lambda: {"home": "theirs"})
    active: list[str] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def make(self, name: str, extents: int, tag: str) -> None:
        self.volumes[name.partition("/")[2]] = tag
        self.taken[name] = extents
        self.free -= extents

    def remove(self, name: str, tag: str) -> None:
        own = name.partition("/")[2]
        if self.volumes.get(own) == tag:
            del self.volumes[own]
            self.free += self.taken.pop(name)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(lvm, "check", lambda: None)
    monkeypatch.setattr(lvm, "groups", lambda: ["grid"])
    monkeypatch.setattr(lvm, "group", lambda name: _group(made) if name == "grid" else None)
    monkeypatch.setattr(lvm, "tags", lambda _: {name: [tag] for name, tag in made.volumes.items()})
    monkeypatch.setattr(lvm, "make_volume", made.make)
    monkeypatch.setattr(lvm, "remove_volume", made.remove)
    monkeypatch.setattr(lvm, "activate", made.active.append)
    return made


def _group(host: Host) -> Group:
    return Group("grid", "wz--n-", 4 * MEGABYTE, host.free, [*host.volumes])


@pytest.fixture
def ledger(home: Path) -> Ledger:
    assert home
    return Ledger("school")


def in_group(place: str = "grid") -> InGroup:
    return InGroup("school", place, SIZES, TAKEN)


def in_directory(top: Path) -> InDirectory:
    return InDirectory("school", str(top), SIZES, TAKEN)


def filled(made: Shelf, name: str) -> None:
    """The box has had a drive there."""
    link = state.box_dir("school") / "drives/xencenode/scratch"
    link.parent.mkdir(parents=True)
    link.symlink_to(made.path(name))


def test_volumes_are_made_once_and_are_all_that_goes(host: Host, ledger: Ledger) -> None:
    in_group().claim(ledger)
    assert [entry.key for entry in ledger.of_kind(VOLUME)] == ALL
    assert (set(host.volumes), host.free) == ({"home", "school.CENode", "school.CEswap"}, 0)
    before = dict(host.volumes)
    in_group().claim(ledger)
    assert (host.volumes, host.active) == (before, ALL), "a full group is none for what is there"
    assert in_group().path("CENode") == Path("/dev/grid/school.CENode")
    ledger.replay(shelf.UNDO)
    assert host.volumes == {"home": "theirs"}


def test_each_stands_in_the_ledger_before_it_is_made(
    host: Host, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(name: str, _extents: int, _tag: str) -> None:
        assert name in [entry.key for entry in ledger.of_kind(VOLUME)]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lvm, "make_volume", killed)
        with pytest.raises(KeyboardInterrupt):
            in_group().claim(ledger)
    in_group().claim(ledger)
    assert len(host.volumes) == 3


@pytest.mark.tries("remove volumes that nobody needs, or add a disk to it (vgextend)")
def test_a_full_group(host: Host, ledger: Ledger, told: Told) -> None:
    host.free = 11
    assert "4 MB are missing" in str(failing(told, lambda: in_group().claim(ledger)))
    assert ledger.is_over
    assert set(host.volumes) == {"home"}
    host.free = 12
    in_group().check(ledger)


@pytest.mark.tries("name another group", "or, if nobody needs them, remove them with lvremove")
def test_a_foreign_volume_of_such_a_name(host: Host, ledger: Ledger, told: Told) -> None:
    host.volumes["school.CEswap"] = "theirs"
    error = failing(told, lambda: in_group().claim(ledger))
    assert "are left alone" in error.what
    assert error.why == "school.CEswap"
    assert (ledger.is_over, len(host.volumes)) == (True, 2)
    del host.volumes["school.CEswap"]
    in_group().claim(ledger)


def test_one_that_was_made_anew_by_others_is_theirs(host: Host, ledger: Ledger) -> None:
    in_group().claim(ledger)
    host.volumes["school.CENode"] = "theirs"
    with pytest.raises(HostError, match="are left alone"):
        in_group().claim(ledger)
    ledger.replay(shelf.UNDO)
    assert host.volumes == {"home": "theirs", "school.CENode": "theirs"}


@pytest.mark.tries("bring them back", "or, to begin anew, ./icebox stop --box … --destroy")
def test_a_volume_with_what_a_node_wrote_is_not_made_anew(host: Host, ledger: Ledger, told: Told) -> None:
    in_group().claim(ledger)
    filled(in_group(), "CENode")
    lost = host.volumes.pop("school.CENode")
    host.free = 10
    error = failing(told, lambda: in_group().claim(ledger))
    assert "there is no volume grid/school.CENode" in error.why
    host.volumes["school.CENode"] = lost
    in_group().claim(ledger)


@pytest.mark.usefixtures("host")
@pytest.mark.tries("name one of these, or make it: pvcreate, vgcreate")
def test_a_group_that_is_not_there(ledger: Ledger, told: Told) -> None:
    error = failing(told, lambda: in_group("gird").check(ledger))
    assert (error.what, error.why) == ("there is no volume group gird", "volume groups: grid")
    in_group("grid").check(ledger)


@pytest.mark.usefixtures("host")
@pytest.mark.tries("name another box with --box, or ./icebox stop --box … --destroy")
def test_disks_are_not_moved(ledger: Ledger, tmp_path: Path, told: Told) -> None:
    def refused(wanted: Shelf | None) -> str:
        error = failing(told, lambda: shelf.check("school", wanted, ledger))
        assert isinstance(error, InputError)
        return error.what

    in_group().claim(ledger)
    assert "in the volume group grid, and are not moved" in refused(None)
    assert "in the volume group grid" in refused(in_directory(tmp_path))
    assert "in the volume group grid" in refused(in_group("other"))
    shelf.check("school", in_group(), ledger)
    ledger.replay(shelf.UNDO)
    own = state.box_dir("school") / "scratch/xencenode/scratch.img"
    own.parent.mkdir(parents=True)
    own.touch()
    assert "in its own directory" in refused(in_group())
    shelf.check("school", None, ledger)
    own.unlink()
    shelf.check("school", in_group(), ledger)


@pytest.mark.usefixtures("host")
def test_a_start_looks_for_moved_disks_as_well(ledger: Ledger) -> None:
    in_group().claim(ledger)
    with pytest.raises(InputError, match="are not moved"):
        EmbeddedDom0.start("school", ledger)
    assert {entry.kind for entry in ledger.open_entries()} == {VOLUME}


def test_a_directory_of_the_box_alone(ledger: Ledger, tmp_path: Path) -> None:
    top = tmp_path / "school"
    in_directory(tmp_path).claim(ledger)
    assert top.stat().st_mode & 0o777 == 0o700
    for name in SIZES:
        in_directory(tmp_path).path(name).touch()
    (top / "CENode.partial").touch()
    in_directory(tmp_path).claim(ledger)
    assert shelf.directories(ledger) == [str(top)], "the dom0 has to show it"
    ledger.replay(shelf.UNDO)
    assert not top.exists()
    assert tmp_path.is_dir()


def test_what_others_put_there_stays(ledger: Ledger, tmp_path: Path) -> None:
    top = tmp_path / "school"
    in_directory(tmp_path).claim(ledger)
    (top / "CENode").touch()
    (top / "thesis").touch()
    ledger.replay(shelf.UNDO)
    assert [path.name for path in top.iterdir()] == ["thesis"]


def test_names_of_a_site_that_shrank_are_remembered(ledger: Ledger, tmp_path: Path) -> None:
    in_directory(tmp_path).claim(ledger)
    in_directory(tmp_path).path("CEswap").touch()
    replace(in_directory(tmp_path), sizes={"CENode": 1}).claim(ledger)
    ledger.replay(shelf.UNDO)
    assert not (tmp_path / "school").exists()


@pytest.mark.parametrize("what", ["with a file", "empty", "with another tag"])
@pytest.mark.tries("move it away, or choose another name with --box NAME")
def test_a_foreign_directory(ledger: Ledger, tmp_path: Path, what: str, told: Told) -> None:
    top = tmp_path / "school"
    if what == "with another tag":
        in_directory(tmp_path).claim(ledger)
        (top / shelf.MARK).write_text("icebox.of-another\n")
    else:
        top.mkdir()
    if what == "with a file":
        (top / "CENode").write_text("theirs")
    before = sorted(path.read_text() for path in top.iterdir())
    error = failing(told, lambda: in_directory(tmp_path).claim(ledger))
    assert "this box has not made" in error.what
    ledger.replay(shelf.UNDO)
    assert sorted(path.read_text() for path in top.iterdir()) == before
    shutil.rmtree(top)
    in_directory(tmp_path).claim(ledger)


def test_one_that_was_killed_before_its_mark(ledger: Ledger, tmp_path: Path) -> None:
    def cut() -> None:
        killed_while_writing(tmp_path / "school" / shelf.MARK, lambda: in_directory(tmp_path).claim(ledger))
        assert [path.name for path in (tmp_path / "school").iterdir()] == ["..icebox.new"]

    cut()
    in_directory(tmp_path).claim(ledger)
    ledger.replay(shelf.UNDO)
    cut()
    ledger.replay(shelf.UNDO)
    assert not (tmp_path / "school").exists()


@pytest.mark.tries("make it, mount the disk that it is on, or name another one in disk.files")
def test_a_directory_that_is_not_there(ledger: Ledger, tmp_path: Path, told: Told) -> None:
    failing(told, lambda: in_directory(tmp_path / "disk").check(ledger))
    (tmp_path / "disk").mkdir()
    in_directory(tmp_path / "disk").check(ledger)


@pytest.mark.tries("name a directory in disk.files that can be written in")
def test_one_that_nobody_can_write_in(ledger: Ledger, tmp_path: Path, told: Told) -> None:
    nothing = dict.fromkeys(SIZES, 0)
    failing(told, lambda: replace(in_directory(Path("/proc")), taken=nothing).claim(ledger))
    ledger.replay(shelf.UNDO)
    in_directory(tmp_path).claim(ledger)


def test_a_disk_that_is_not_mounted_any_more(ledger: Ledger, tmp_path: Path) -> None:
    in_directory(tmp_path).claim(ledger)
    filled(in_directory(tmp_path), "CENode")
    with pytest.raises(HostError, match="are gone"):
        in_directory(tmp_path).claim(ledger)
    in_directory(tmp_path).path("CENode").touch()
    in_directory(tmp_path).claim(ledger)


@pytest.mark.tries("free some, or name a directory on a larger disk")
def test_how_much_of_a_disk_is_missing(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=MEGABYTE))
    error = failing(told, lambda: in_directory(tmp_path).check(ledger))
    assert "1 MB are missing" in error.what
    in_directory(tmp_path)._top.mkdir()
    ledger.intend(DIRECTORY, str(tmp_path / "school"), tag="icebox.0", names="")
    (tmp_path / "school" / shelf.MARK).write_text("icebox.0\n")
    in_directory(tmp_path).path("CENode").touch()
    in_directory(tmp_path).check(ledger)


@pytest.mark.parametrize("make", [in_group, lambda: in_directory(Path("/srv/grid"))])
def test_another_machine_is_told_all_of_it(make: Callable[[], Shelf]) -> None:
    words: Mapping[str, object] = json.loads(json.dumps(make().words()))
    assert shelf.of(words) == make()
    assert shelf.of(None) is None


def test_an_installation_is_seen_by_its_dom0(ledger: Ledger, tmp_path: Path) -> None:
    ledger.intend(shelf.INSTALLED, str(tmp_path), tag="icebox.0", made="")
    ledger.intend(shelf.INSTALLED, str(tmp_path / "gone"), tag="icebox.0", made="")
    assert shelf.directories(ledger) == [str(tmp_path)]
