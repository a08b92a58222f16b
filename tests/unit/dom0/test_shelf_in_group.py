"""Drives in a volume group: what is refused, and that what others have there stays."""

from pathlib import Path

import pytest

from harness.dom0 import lvm, shelf
from harness.dom0.shelf import VOLUME
from harness.errors import HostError
from harness.ledger import Ledger
from tests.drill.tried import Told, failing
from tests.unit.dom0.shelves import ALL, Host, filled, in_group


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
