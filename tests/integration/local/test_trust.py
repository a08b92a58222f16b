"""A class room's box where walls to its host are missing: refused, unless its students are trusted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.leaks.sandbox import settled
from tests.integration.local.classroom import BOX, ClassRoom, class_room

REFUSED = "1 of the walls between nodes and this machine can't stand, and others reach the box"
MISSING = "root of a node is root of its host"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ClassRoom]:
    with class_room(tmp_path) as made:
        yield made


def no_maps(room: ClassRoom, directory: Path, upper: str = "") -> None:
    """An overlay takes none."""
    made = room.host.scratch / "overlay"
    room.at_host(f"mkdir -p {made}; mount -t tmpfs none {made}; mkdir {made}/lower {made}/upper {made}/work")
    options = f"lowerdir={directory}:{made}/lower{upper.format(made)}"
    room.at_host(f"mount -t overlay -o {options} overlay {directory}")


@pytest.mark.parametrize("command", ["start", "validate"])
def test_refused_before_anything_is_made(room: ClassRoom, command: str) -> None:
    no_maps(room, room.host.home, ",upperdir={0}/upper,workdir={0}/work")
    before = room.host.inventory()
    done = room.icebox(command, "--site", str(room.site), "--box", BOX)
    assert done.code == 2, done.output
    assert REFUSED in done.output
    assert MISSING in done.output
    assert "add --trust-students" in done.output
    assert not settled(room.host, before, but=["state"])


def test_found_late_and_trusted(room: ClassRoom) -> None:
    """The state directory takes maps, and a layer of the image does not."""
    no_maps(room, room.host.home / "image", ",upperdir={0}/upper,workdir={0}/work")
    before = room.host.inventory()
    done = room.start()
    assert done.code == 2, done.output
    assert REFUSED in done.output
    assert not settled(room.host, before, but=["state"])
    done = room.icebox("start", "--site", str(room.site), "--box", BOX, "--trust-students")
    assert done.code == 0, done.output
    assert f"a wall is missing, so trust who uses the box (docs/security.md): {MISSING}" in done.output
    status = room.icebox("status", "--box", BOX, "--json")
    [wall] = json.loads(status.output)["missing_walls"]
    assert wall.startswith(MISSING)
    told = room.icebox("status", "--box", BOX).output
    assert f"warning: a wall between nodes and this machine is missing: {wall}" in told
    assert room.icebox("stop", "--box", BOX, "--destroy").code == 0
