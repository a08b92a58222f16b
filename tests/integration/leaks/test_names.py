"""A box that goes takes its names with it: by stop, by kill -9 and ledger clean, and by the next start."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.leaks.conftest import Scene
from tests.integration.leaks.sandbox import PREFIX
from tests.unit.sites import site_file

BOX = f"{PREFIX}names"
NAME = "xencenode.sytes.net"
OTHERS = """\
127.0.0.1\tlocalhost
10.0.0.1 printer  # upstairs
# icebox other: begin
10.9.9.9\tother
# icebox other: end
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """The hosts file of a class room."""
    file = tmp_path / "hosts"
    file.write_text(OTHERS)
    file.chmod(0o640)
    return file


@pytest.fixture
def site(tmp_path: Path, room: Path) -> Iterator[Path]:
    """The default site, with that file for its names."""
    yield site_file(tmp_path, ('provider = "rfc2136"', f'provider = "hosts"\nfile = "{room}"'))
    assert room.read_text() == OTHERS
    assert room.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def start(scene: Scene, site: Path) -> None:
    started = scene.sandbox.icebox("start", "--box", BOX, "--site", str(site))
    assert started.code == 0, started.output


def test_stopped_and_destroyed(scene: Scene, site: Path, room: Path) -> None:
    start(scene, site)
    assert f"\t{NAME}\n" in room.read_text()
    listed = scene.sandbox.icebox("ledger", "--box", BOX)
    assert f"names      hosts file {room}" in listed.output
    moved = scene.sandbox.icebox("move", "--box", BOX, "--address", "198.51.100.7")
    assert moved.code == 0, moved.output
    assert f"198.51.100.7\t{NAME}\n" in room.read_text()
    stopped = scene.sandbox.icebox("stop", "--box", BOX)
    assert stopped.code == 0, stopped.output
    assert room.read_text() == OTHERS
    start(scene, site)
    # After a stop a box is where its site file says.
    assert f"203.0.113.10\t{NAME}\n" in room.read_text()
    assert scene.sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0


@pytest.mark.parametrize("moment", ["intended:names", "begin:5 nodes"])
def test_killed_while_it_comes_up(scene: Scene, site: Path, moment: str) -> None:
    died = scene.sandbox.dying(moment, "SIGKILL", "start", "--box", BOX, "--site", str(site))
    assert died.code == -signal.SIGKILL, died.output
    cleaned = scene.sandbox.icebox("ledger", "clean")
    assert cleaned.code == 0, cleaned.output


def test_killed_as_a_whole_and_cleaned_by_the_next_start(scene: Scene, site: Path, room: Path) -> None:
    sandbox = scene.sandbox
    start(scene, site)
    holders = sandbox.processes(lambda words: words[:1] == ["/bin/sh"] and BOX in words)
    assert holders
    for pid in holders:
        os.kill(pid, signal.SIGKILL)
    assert NAME in room.read_text()
    # Any start tidies up first, whatever becomes of it.
    again = sandbox.dying("end:dom0", "SIGINT", "start", "--box", f"{BOX}2")
    assert again.code == 130, again.output
    assert NAME not in room.read_text()
    assert sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0


def test_a_file_that_cannot_be_mended_keeps_its_line_and_nothing_else(
    scene: Scene, site: Path, room: Path
) -> None:
    start(scene, site)
    ours = room.read_text()
    room.write_text(ours.replace(f"# icebox {BOX}: end\n", ""))
    stopped = scene.sandbox.icebox("stop", "--destroy", "--box", BOX)
    assert stopped.code == 3, stopped.output
    assert "the marks of the block are damaged" in stopped.output
    listed = scene.sandbox.icebox("ledger", "--box", BOX).output.splitlines()
    assert [line.split()[0] for line in listed] == [BOX, "names"]
    room.write_text(ours)
    cleaned = scene.sandbox.icebox("ledger", "clean")
    assert cleaned.code == 0, cleaned.output
