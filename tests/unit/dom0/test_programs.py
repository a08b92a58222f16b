"""Programs that run at a place, run here, and places that are all words."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.command import TIMED_OUT, CommandError
from harness.dom0 import containers, leaders
from harness.dom0.place import Place

CHILD = "import subprocess; subprocess.run(['setpriv', '--pdeathsig', 'KILL', 'sleep', '300'])"
TOKEN = f"unit{os.getpid()}.xencenode"
"""Nobody else's, who may run these tests beside us."""


@dataclass(frozen=True)
class Here(Place):
    """This machine, as a place of which nothing but the words is known."""

    name: str = "here"

    def words(self, command: Sequence[str]) -> list[str]:
        return ["env", *command]


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says back what it hears, until its client has said all."""

    def serve() -> None:
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            with client:
                while data := client.recv(1 << 16):
                    client.sendall(data)

    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    thread.join()
    server.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_a_socket_through_a_program(echo: int) -> None:
    sent = bytes(range(256)) * 4000
    with Here().open_socket("127.0.0.1", echo, 30.0) as wire:
        threading.Thread(target=lambda: (wire.sendall(sent), wire.shutdown(socket.SHUT_WR))).start()
        heard = b""
        while data := wire.recv(1 << 16):
            heard += data
    assert heard == sent


def test_a_connection_that_is_refused() -> None:
    with pytest.raises(ConnectionRefusedError):
        Here().open_socket("127.0.0.1", free_port(), 30.0)


def test_what_is_said_to_services(echo: int) -> None:
    targets = [("accept", "127.0.0.1", echo), ("line", "127.0.0.1", free_port())]
    said = Here().speak(targets, each=5.0)
    assert [(each.why, each.shown) for each in said] == [("", []), ("the connection is refused", [])]
    assert Here().speak([], each=5.0) == []


def test_how_long_a_service_took_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        [said] = Here().speak([("line", "127.0.0.1", silent.getsockname()[1])], each=0.2)
    assert said.why.endswith("says nothing within 0.2 s")
    assert said.seconds >= 0.2


def test_commands_and_files(tmp_path: Path) -> None:
    place = Here()
    assert place.run("cat; exit 3", stdin="said").stdout == "said"
    assert place.run("kill -9 $$").signal == "KILL"
    assert place.run("sleep 60", timeout=0.2).exit_code == TIMED_OUT
    place.put(str(tmp_path / "file"), b"content", 0o640)
    assert (tmp_path / "file").read_bytes() == b"content"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_command_that_is_interrupted_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while it runs: it has a process group of its own, and would not hear of it."""
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def communicate(self, *_: object, **__: object) -> tuple[bytes, bytes]:
            started.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        Here().run("sleep 300")
    try:
        assert started[0].poll() == -9
    finally:
        started[0].kill()


def test_a_program_has_with_it_what_it_imports_of_ours(tmp_path: Path) -> None:
    """Also what that imports; there is nothing of ours where it runs."""
    program = tmp_path / "program.py"
    program.write_text(
        "from __future__ import annotations\n"
        "import os, sys\n"
        "from harness.diagnosis.looks.disks import files\n"
        "from harness.diagnosis.looks import beside\n"
        "if __name__ == '__main__':\n"
        "    print(*sorted(name for name in sys.modules if name.startswith('harness')))\n"
        "    print(files(['/dev/null'], False)['/dev/null']['plain'], beside.SLOWER)\n"
    )
    modules, told = Here().tell(program).splitlines()
    names = ("", ".diagnosis", ".diagnosis.looks", ".diagnosis.looks.beside", ".diagnosis.looks.disks")
    assert modules.split() == [f"harness{name}" for name in names]
    assert told == "False [1.0]"


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint(sys.argv[1])\nsys.exit(int(sys.argv[1]))\n")
    assert Here().tell(program, "0") == "0\n"
    with pytest.raises(CommandError, match="exit code 4"):
        Here().tell(program, "4")


@contextmanager
def controller(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a child, as libvirt's controller of a container has one."""
    with subprocess.Popen([sys.executable, "-c", CHILD, *words]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.root
def test_a_container_is_found_and_its_end_is_awaited() -> None:
    with controller("--name", TOKEN) as process:
        while TOKEN not in containers.firsts(Here(), "--name"):
            assert process.poll() is None
        assert containers.inside(Here(), "xencenode", "--name", TOKEN) is not None
        assert containers.signal(Here(), "--name", TOKEN, 9, 60)
        process.wait(60)
    assert containers.inside(Here(), "xencenode", "--name", TOKEN) is None


@pytest.mark.root
def test_one_that_does_not_end_is_left() -> None:
    with controller("--name", TOKEN) as process:
        while TOKEN not in containers.firsts(Here(), "--name"):
            assert process.poll() is None
        assert not containers.signal(Here(), "--name", TOKEN, 0, 0.1)
        assert containers.end_controller(Here(), "--name", TOKEN, 60) or process.poll() is not None


@pytest.mark.root
def test_nobody_but_root_is_taken_for_a_controller() -> None:
    words = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", CHILD, "--name", TOKEN]
    with subprocess.Popen(words) as process:
        try:
            while TOKEN.encode() not in leaders.read(process.pid, "cmdline") or not _child(process.pid):
                assert process.poll() is None
            assert TOKEN not in containers.firsts(Here(), "--name")
        finally:
            process.kill()


class Timed(Here):
    """Where commands are run by a program that has all their words, as over ssh."""

    def words(self, command: Sequence[str]) -> list[str]:
        return ["timeout", "60", *command]


@pytest.mark.root
def test_who_looks_is_not_found() -> None:
    assert not containers.firsts(Timed(), "--name")
    assert containers.signal(Timed(), "--name", TOKEN, 9, 60), "and it has not killed itself"
    assert containers.end_controller(Timed(), "--name", TOKEN, 60)


def _child(parent: int) -> bool:
    return any(leaders.state(number)[1] == parent for number in leaders.processes())


@pytest.mark.root
def test_a_word_of_a_process_in_a_container_is_nothing() -> None:
    """Root in there is not root here, and may give its processes any words."""
    inside = 'exec "$0" -c "$CHILD" --name "$TOKEN"'
    words = ["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", inside, sys.executable]
    with subprocess.Popen(words, env={**os.environ, "CHILD": CHILD, "TOKEN": TOKEN}) as process:
        try:
            marked: list[int] = []
            while not any(map(_child, marked)):
                assert process.poll() is None
                marked = [n for n in leaders.processes() if TOKEN.encode() in leaders.read(n, "cmdline")]
            assert TOKEN not in containers.firsts(Here(), "--name")
        finally:
            process.kill()


@pytest.mark.root
def test_one_whose_name_begins_alike_is_another() -> None:
    with controller("--name", TOKEN) as process, controller("--name", f"{TOKEN}2") as other:
        while not {TOKEN, f"{TOKEN}2"} <= set(containers.firsts(Here(), "--name")):
            assert process.poll() is None
        assert containers.signal(Here(), "--name", TOKEN, 9, 60)
        assert containers.end_controller(Here(), "--name", TOKEN, 60)
        assert f"{TOKEN}2" in containers.firsts(Here(), "--name")
        assert other.poll() is None


@pytest.mark.root
def test_a_daemon_without_children_is_ended_itself() -> None:
    words = [sys.executable, "-c", "import time; time.sleep(300)", "--config", TOKEN]
    with subprocess.Popen(words) as process:
        try:
            while TOKEN.encode() not in leaders.read(process.pid, "cmdline"):
                assert process.poll() is None
            assert containers.end_controller(Here(), "--config", TOKEN, 60)
            assert leaders.state(process.pid)[0] == "Z"
        finally:
            process.kill()


@pytest.mark.root
def test_a_word_without_a_token_is_none() -> None:
    with controller("--name", "") as process, controller("--name") as other:
        while not (_child(process.pid) and _child(other.pid)):
            assert process.poll() is None
        assert "" not in containers.firsts(Here(), "--name")


def test_a_connection_that_fails_says_why() -> None:
    """What a person reads who types ``./icebox ssh``, before ssh's own word."""
    port = free_port()
    done = subprocess.run(Here().connection("127.0.0.1", port), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (
        1,
        f"can't connect to 127.0.0.1 port {port}: Connection refused\n",
    )
