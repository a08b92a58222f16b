"""kill -9 while a box is in its host's network: ``ledger clean`` leaves the host as it was before."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.state import checkout
from tests.integration.leaks.sandbox import settled
from tests.integration.local.classroom import BOX, ClassRoom, class_room, expose

HOLDER = str(checkout() / "harness/dom0/holder.sh")
DYING = 20.0
"""Seconds until the processes of a dom0 are gone whose first one was killed; 0.1 on an idle machine."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassRoom]:
    with class_room(tmp_path_factory.mktemp("killed")) as made:
        yield made


@pytest.mark.parametrize(
    "moment", ["intended:table", "intended:link", "intended:forwarding", "begin:5 nodes", "node"]
)
def test_a_start_that_was_killed(room: ClassRoom, moment: str) -> None:
    before = room.host.inventory()
    died = room.host.dying(moment, "SIGKILL", "start", "--site", str(room.site), "--box", BOX)
    assert died.code == -signal.SIGKILL, died.output
    cleaned = room.icebox("ledger", "clean")
    assert cleaned.code == 0, cleaned.output
    assert not settled(room.host, before)


def test_an_interface_of_somebody_elses_is_left(room: ClassRoom) -> None:
    before = room.host.inventory()
    died = room.host.dying("intended:link", "SIGKILL", "start", "--site", str(room.site), "--box", BOX)
    assert died.code == -signal.SIGKILL, died.output
    room.at_host("ip link add boxbr0 type bridge")
    assert room.icebox("ledger", "clean").code == 0
    room.at_host("ip link delete boxbr0 type bridge")
    assert not settled(room.host, before)


@pytest.mark.parametrize("kind", ["local", "embedded"])
def test_a_dom0_that_was_killed(kind: str, tmp_path: Path) -> None:
    with class_room(tmp_path) as room:
        if kind == "embedded":
            expose(room)
        before = room.host.inventory()
        started = room.start()
        assert started.code == 0, started.output
        for number in room.host.processes(lambda words: words[1:2] == [HOLDER]):
            os.kill(number, signal.SIGKILL)
        wait_for("the nodes to be gone", lambda: not _nodes(room), DYING)
        assert "is dead" in room.icebox("status", "--box", BOX).output
        cleaned = room.icebox("ledger", "clean")
        assert cleaned.code == 0, cleaned.output
        destroyed = room.icebox("stop", "--destroy", "--box", BOX)
        assert destroyed.code == 0, destroyed.output
        assert not settled(room.host, before)


def _nodes(room: ClassRoom) -> list[int]:
    return room.host.processes(lambda words: "libvirt_lxc" in "".join(words[:1]))
