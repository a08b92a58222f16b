"""Where drives lie that are not in the box's directory: in one place for good, which all know."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness import state
from harness.dom0 import shelf
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.dom0.shelf import VOLUME, Shelf
from harness.errors import InputError
from harness.ledger import Ledger
from tests.drill.tried import Told, failing
from tests.unit.dom0.shelves import in_directory, in_group


@pytest.mark.usefixtures("host")
@pytest.mark.tries("name another box with --box, or ./icebox stop --box … --destroy")
def test_disks_are_not_moved(ledger: Ledger, tmp_path: Path, told: Told) -> None:
    def refused(wanted: Shelf | None) -> str:
        error = failing(told, lambda: shelf.check("school", wanted, ledger), InputError)
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


@pytest.mark.parametrize("make", [in_group, lambda: in_directory(Path("/srv/grid"))])
def test_another_machine_is_told_all_of_it(make: Callable[[], Shelf]) -> None:
    words: Mapping[str, object] = json.loads(json.dumps(make().words()))
    assert shelf.of(words) == make()
    assert shelf.of(None) is None


def test_an_installation_is_seen_by_its_dom0(ledger: Ledger, tmp_path: Path) -> None:
    ledger.intend(shelf.INSTALLED, str(tmp_path), tag="icebox.0", made="")
    ledger.intend(shelf.INSTALLED, str(tmp_path / "gone"), tag="icebox.0", made="")
    assert shelf.directories(ledger) == [str(tmp_path)]
