"""An emulated Xen host: what this machine lacks for one, and what is left of one that died."""

import itertools
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli
from harness.box import host as machine
from harness.console import Console, Style
from harness.errors import HostError, IceboxError
from harness.ledger import LedgerBusyError
from harness.xenhost import emulator, host, system
from tests.drill.tried import Told, failing

QUIET = Console(style=Style.QUIET)
GIGABYTE = 10**9


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A state directory of its own, on a machine that has all."""
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(host, "run_dir", lambda: tmp_path / "run")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(machine, "MEMORY", tmp_path / "meminfo")
    free(20 * GIGABYTE)
    yield
    host.clean()


def free(memory: int) -> None:
    machine.MEMORY.write_text(f"MemAvailable: {memory // 1024} kB\n")


@pytest.mark.tries("apt-get install …")
def test_programs(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if "q" in name else name)
    lacking = failing(told, host._check)
    assert lacking.what == "this machine lacks qemu-system-x86_64, qemu-img"
    assert lacking.remedy == "apt-get install qemu-system-x86 qemu-utils"
    monkeypatch.setattr(shutil, "which", lambda name: name)
    host._check()


@pytest.mark.tries("end programs that nobody needs, or stop a box")
def test_memory(told: Told) -> None:
    free(2 * GIGABYTE)
    lacking = failing(told, host._check)
    assert lacking.what == "too little memory for a Xen host: 3369 MB are missing"
    free(6 * GIGABYTE)
    host._check()


@pytest.mark.tries("free some, or set ICEBOX_HOME to a directory on a larger disk")
def test_disk(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=GIGABYTE))
    assert failing(told, host._check).what == "too little space for a Xen host: 1.0 GB free, 3.0 GB needed"
    failing(told, lambda: system.build(system.wanted(), system.ledger()))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9 * GIGABYTE))
    host._check()


@pytest.mark.tries("./icebox xen-host start")
def test_one_that_is_down(told: Told) -> None:
    failing(told, host.command)
    assert cli.main(["xen-host", "status"]) == 1
    assert not host.stop(QUIET)


@pytest.mark.tries("./icebox xen-host --help")
def test_words_for_nobody(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    typed = cli.parser(["xen-host"]).parse_args(["xen-host", "stop", "now"])
    assert failing(told, lambda: typed.run(typed)).what == "xen-host stop takes no further words"
    with pytest.raises(SystemExit, match="0"):
        cli.parser(["xen-host"]).parse_args(["xen-host", "--help"])
    assert "for ssh: what to run there" in capsys.readouterr().out


def test_an_installer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its programs are stand-ins: one that fails, then ones that do nothing."""
    monkeypatch.setattr(system.base, "run_installer", lambda *_: None)
    monkeypatch.setattr(system.base, "mirror", lambda: "a mirror")
    monkeypatch.setattr(system, "_configure", lambda *_: system.run("sh", "-c", "echo no key >&2; exit 1"))
    with pytest.raises(IceboxError) as caught:
        system.build(system.wanted(), system.ledger())
    assert caught.value.why == "no key"
    assert list(system.top().glob("*.partial"))
    assert host.clean()
    assert not list(system.top().glob("*.partial"))


def started(token: str) -> subprocess.Popen[bytes]:
    """What stands for QEMU: a process with its mark."""
    words = [sys.executable, "-c", "print(flush=True); input()", emulator.MARK, token]
    made = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert made.stdout is not None
    made.stdout.readline()
    return made


def test_what_is_left_by_a_start_that_was_killed(tmp_path: Path) -> None:
    journal = system.ledger()
    journal.intend("owner", "1", identity="of a process that is gone")
    journal.intend("directory", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    journal.intend("emulator", "icebox-xenhost.killed")
    with started("icebox-xenhost.killed") as qemu:
        assert not host.is_up(), "nobody finished it"
        assert host.clean()
        assert qemu.wait(60) != 0
    assert not (tmp_path / "run").exists()
    assert not host.clean(), "once is enough"


def test_one_that_is_up_is_not_started_and_not_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    system.ledger().intend("emulator", "icebox-xenhost.living")
    with started("icebox-xenhost.living") as qemu:
        monkeypatch.setattr(host, "_start", lambda _: pytest.fail("it is up"))
        assert not host.start(QUIET)
        assert not host.clean()
        assert qemu.poll() is None
        assert host.stop(QUIET)
        assert qemu.wait(60) != 0
    assert host.status() is None


def test_nothing_stays_of_a_start_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Console) -> None:
        system.ledger().intend("directory", str(host.run_dir()))
        host.run_dir().mkdir()
        raise HostError("no luck")

    monkeypatch.setattr(host, "_start", fails)
    with pytest.raises(HostError, match="no luck"):
        host.start(QUIET)
    assert not host.run_dir().exists()
    assert system.ledger().is_over


@pytest.mark.tries("wait for it")
def test_two_at_once(told: Told) -> None:
    with system.ledger().locked():
        failing(told, lambda: host.stop(QUIET), LedgerBusyError)
    assert not host.stop(QUIET)


def test_a_machine_that_ends_before_it_answers(tmp_path: Path) -> None:
    (tmp_path / "qemu.log").write_text("qemu-system-x86_64: cannot set up guest memory\n")
    with pytest.raises(HostError, match="ended before its ssh answered") as caught:
        emulator.await_ssh(emulator.free_port(), "icebox-xenhost.none", tmp_path)
    assert "cannot set up guest memory" in caught.value.why


def test_a_machine_without_words_for_a_moment_has_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while setsid(1) becomes QEMU."""
    looks = iter([False, True, False, False])
    monkeypatch.setattr(emulator, "runs", lambda _token: next(looks, True))
    with socket.create_server(("127.0.0.1", 0)) as sshd:

        def greet() -> None:
            with sshd.accept()[0] as line:
                line.sendall(b"SSH-2.0-sshd")

        greeting = threading.Thread(target=greet)
        greeting.start()
        emulator.await_ssh(sshd.getsockname()[1], "icebox-xenhost.one", tmp_path)
        greeting.join()


def test_the_disk_that_it_boots_from_is_the_first(tmp_path: Path) -> None:
    shown = {"0123": tmp_path / "base", "4567": tmp_path / "roles"}
    line = emulator.words(system.wanted(), tmp_path, tmp_path / "own.qcow2", shown, 1, "token")
    devices = [word for flag, word in itertools.pairwise(line) if flag == "-device" and "blk" in word]
    assert [word.rpartition("serial=")[2] for word in devices] == ["root", "0123", "4567"]
    drives = [word for flag, word in itertools.pairwise(line) if flag == "-drive"]
    assert ["readonly=on" in word for word in drives] == [False, True, True]


def test_another_image_wants_another_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="QEMU"))
    assert len({emulator.version(rows) for rows in ((), ("a b c",), ("a b d",), ("a b d", "e f g"))}) == 4


def test_another_qemu_wants_another_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ["QEMU emulator version 7.2.22", "QEMU emulator version 10.0.2", "QEMU emulator version 7.2.22"]
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said.pop()))
    first, second, third = (emulator.version() for _ in range(3))
    assert first == third != second
