"""What QEMU's monitor says, and says no to."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from harness.errors import HarnessError
from harness.xenhost import emulator
from harness.xenhost.monitor import monitor

ANSWERS = {
    "qmp_capabilities": {"return": {}},
    "stop": {"return": {}},
    "savevm booted": {"return": ""},
    "savevm nowhere": {"return": "Error: Device 'virtio0' is writable but does not support snapshots\r\n"},
    "quit": {"return": {}},
    "dance": {"error": {"class": "CommandNotFound", "desc": "The command dance has not been found"}},
}


@pytest.fixture
def qemu(tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    """A socket at which QEMU's words are said, with events in between; and what was asked of it."""
    asked: list[str] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(emulator.socket_of(tmp_path)))
        server.listen()

        def serve() -> None:
            with suppress(OSError), server.accept()[0] as accepted, accepted.makefile("rwb") as line:
                answer(cast(BinaryIO, line))

        def answer(line: BinaryIO) -> None:
            line.write(b'{"QMP": {"version": {}, "capabilities": []}}\n')
            line.flush()
            for text in line:
                said = json.loads(text)
                what = said["arguments"].get("command-line") or said["execute"]
                asked.append(what)
                line.write(b'{"event": "STOP", "data": {}}\n')
                if what in ANSWERS:
                    line.write(json.dumps(ANSWERS[what]).encode() + b"\n")
                line.flush()
                if what not in ANSWERS:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield tmp_path, asked


def test_a_snapshot(qemu: tuple[Path, list[str]]) -> None:
    run, asked = qemu
    emulator.snapshot(run)
    assert asked == ["qmp_capabilities", "stop", "savevm booted", "quit"]


def test_what_it_refuses(qemu: tuple[Path, list[str]]) -> None:
    with monitor(emulator.socket_of(qemu[0])) as told:
        with pytest.raises(HarnessError, match="QEMU fails to do `savevm nowhere`") as caught:
            told.type("savevm nowhere")
        assert "does not support snapshots" in caught.value.why
        with pytest.raises(HarnessError, match="QEMU refuses dance") as caught:
            told.ask("dance")
        assert "has not been found" in caught.value.why


def test_one_that_dies_meanwhile(qemu: tuple[Path, list[str]]) -> None:
    with monitor(emulator.socket_of(qemu[0])) as told, pytest.raises(HarnessError, match="QEMU ended"):
        told.ask("crash")
