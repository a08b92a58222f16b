"""How long ssh(1) is waited for: a machine's pace is known only by what is done there."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from harness.deadline import wait_for
from harness.dom0 import pace, sshhost
from harness.dom0.sshhost import CONNECTING, SshHost
from harness.errors import LostError, UnreachableError

BANNER = b"SSH-2.0-slow\r\n"


@contextmanager
def silent(greets: bytes) -> Iterator[int]:
    """The port of something that takes a connection and says no more than that; the next ones it ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[socket.socket] = []

        def take() -> None:
            with suppress(OSError):
                taken.append(listening.accept()[0])
                taken[0].sendall(greets)
                while True:
                    listening.accept()[0].close()

        taking = threading.Thread(target=take)
        taking.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        taking.join()
        for each in taken:
            each.close()


@pytest.fixture
def config(tmp_path: Path) -> Callable[[int], str]:
    def make(port: int) -> str:
        path = tmp_path / "config"
        path.write_text(f"Host slow\n HostName 127.0.0.1\n Port {port}\n UserKnownHostsFile /dev/null\n")
        return str(path)

    return make


@pytest.mark.parametrize(("greets", "shared"), [(b"", True), (BANNER, False)], ids=["no greeting", "no keys"])
def test_a_machine_that_takes_the_connection_is_waited_for_once_more_with_patience(
    tmp_path: Path, config: Any, monkeypatch: pytest.MonkeyPatch, greets: bytes, shared: bool
) -> None:
    """By the real ssh: how long it may take nobody knows before the first connection.  The next one ends at
    once, or all the time that it has now would be waited here."""
    monkeypatch.setattr(sshhost, "CONNECTING", 1)
    monkeypatch.setattr(sshhost, "ALIVE", 1)
    monkeypatch.setattr(sshhost, "MISSED", 1)
    asked: list[float] = []
    before = SshHost._client
    monkeypatch.setattr(SshHost, "_client", lambda host: asked.append(host._usually(1.0)) or before(host))
    with silent(greets) as port:
        host = SshHost("slow", tmp_path if shared else None, config(port))
        with pytest.raises(UnreachableError):
            host.check()
    assert list(dict.fromkeys(asked)) == [1.0, pace.MOST]
    assert host._usually(1.0) == 1.0, "the next command begins anew"
    host.close()


def test_a_machine_where_nobody_listens_is_told_at_once(tmp_path: Path, config: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    host = SshHost("slow", tmp_path, config(port))
    with pytest.raises(UnreachableError, match="can't be reached") as told:
        _ = host.pace
    assert "refused" in told.value.why
    assert host._pace is None, "it may be measured when it is back"


@pytest.mark.parametrize(
    "said",
    ["ssh: connect to host xen1 port 22: Connection timed out", "ssh: Could not resolve hostname xen1"],
)
def test_a_machine_that_is_not_there_is_tried_once(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    tried: list[str] = []

    def lost(*_: object) -> None:
        tried.append(said)
        raise LostError("lost", why=said)

    monkeypatch.setattr(sshhost, "CONNECTING", 0)
    monkeypatch.setattr(pace, "measured", lost)
    with pytest.raises(LostError):
        _ = SshHost("xen1").pace
    assert tried == [said]


@pytest.mark.parametrize(("own", "seconds", "missed"), [(1.0, CONNECTING, 3), (12.0, 180, 36)])
def test_ssh_itself_has_longer(own: float, seconds: int, missed: int) -> None:
    words = SshHost("root@xen1", pace=own).words(["true"])
    assert f"ConnectTimeout={seconds}" in words
    assert f"ServerAliveCountMax={missed}" in words


def test_ssh_that_hangs_says_that_it_took_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its steps may be in time, and all of them are not."""
    monkeypatch.setattr(sshhost, "CONNECTING", 0.2)
    monkeypatch.setattr(SshHost, "_client", lambda _host: ["sh", "-c", "exec sleep 60", "ControlMaster=no"])
    host = SshHost("slow", tmp_path, "", pace=1.0)
    with pytest.raises(UnreachableError) as told:
        host.connect()
    assert told.value.why == sshhost.SLOW
    threads = lambda: [each.name for each in threading.enumerate()]  # noqa: E731
    wait_for("what held it to end", lambda: "ssh-slow" not in threads(), 30, pause=0.01)


def test_whoever_asks_while_it_is_measured_waits_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement that nobody knew a time for is no pace of the machine's."""
    tried: list[float] = []
    begun, go = threading.Event(), threading.Event()

    def measured(host: Any) -> float:
        tried.append(host._usually(1.0))
        if len(tried) == 1:
            raise LostError("lost", why="ssh says no more")
        begun.set()
        assert go.wait(60)
        return 4.0

    monkeypatch.setattr(sshhost, "CONNECTING", 0)
    monkeypatch.setattr(pace, "measured", measured)
    host, seen = SshHost("xen1"), list[float]()
    asking = [threading.Thread(target=lambda: seen.append(host.pace)) for _ in range(2)]
    asking[0].start()
    assert begun.wait(60)
    asking[1].start()
    asking[1].join(0.1)
    go.set()
    for each in asking:
        each.join()
    assert (seen, tried) == ([4.0, 4.0], [1.0, pace.MOST])


@pytest.mark.parametrize(("own", "made"), [(1.0, ["3"]), (12.0, ["3", "36"])], ids=["usual", "slow"])
def test_a_connection_that_was_made_before_anybody_knew_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: float, made: list[str]
) -> None:
    """With it, ssh gives a machine up that says nothing for as long as a usual one never would."""
    missed: list[str] = []

    def connected(host: SshHost) -> sshhost._Line:
        [word] = (each for each in host._client() if each.startswith("ServerAliveCountMax="))
        missed.append(word.partition("=")[2])
        return sshhost._Line(tmp_path / "control")

    def measured(host: SshHost) -> float:
        host.connect()
        return own

    monkeypatch.setattr(SshHost, "_connected", connected)
    monkeypatch.setattr(pace, "measured", measured)
    host = SshHost("xen1", tmp_path, "")
    assert host.pace == own
    host.connect()
    assert missed == made
