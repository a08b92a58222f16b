"""Programs of a slow machine wait longer for what runs on it and its neighbours."""

import resource
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from gridware import pace
from gridware.bdii import server
from gridware.bdii.server import Bdii, UnreachableError
from gridware.catalogue import connection
from gridware.catalogue.environment import Environment
from gridware.gridinfo import command, ready
from gridware.pbs import pbsnodes, watch
from gridware.wms.broker import renewal, trial
from gridware.wms.transport import Broker


@pytest.fixture(autouse=True)
def pace_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Says that the machine takes seven times as long as a usual one."""
    made = tmp_path / "pace"
    made.write_text("7\n")
    monkeypatch.setattr(pace, "FILE", str(made))
    return made


@pytest.mark.parametrize(
    ("text", "seconds"), [("12\n", 60.0), ("1\n", 5.0), ("0\n", 5.0), ("soon", 5.0), ("", 5.0), (None, 5.0)]
)
def test_longer(pace_file: Path, text: str | None, seconds: float) -> None:
    if text is None:
        pace_file.unlink()
    else:
        pace_file.write_text(text)
    assert pace.longer(5.0) == seconds


def test_a_command_that_is_too_slow_for_a_usual_machine(
    pace_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "SECONDS", 0.1)
    asked = ("sh", "-c", "sleep 0.5; echo there")
    pace_file.unlink()
    assert command.output(asked) is None
    pace_file.write_text("100\n")
    assert command.output(asked) == "there\n"


def test_a_broker_and_the_records_of_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Broker("rb", "/nowhere")._timeout == 210
    given: list[float] = []

    def connected(_address: object, seconds: float) -> None:
        given.append(seconds)
        raise ConnectionRefusedError

    monkeypatch.setattr(ready.socket, "create_connection", connected)
    assert ready.ask("ce", 2172) == ""
    assert not ready.answers("ce", 2170)
    assert given == [3.5, 3.5]


def test_whoever_asks_a_bdii(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def late(words: list[str], *, timeout: float, **_: object) -> None:
        given.extend([words[words.index("-o", 4) + 1], words[words.index("-l") + 1], timeout])
        raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(server.subprocess, "run", late)
    for seconds in (0, 3):  # a student's own limit is no machine's
        with pytest.raises(UnreachableError, match="no answer within 420 s"):
            Bdii(["ce:2170"], seconds=seconds).search("(objectClass=*)")
    assert given == ["nettimeout=35", "420", 455, "nettimeout=3", "420", 423]


def test_whoever_asks_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Environment({}).connect_seconds == 105
    assert Environment({"LFC_CONNTIMEOUT": "2"}).connect_seconds == 2
    monkeypatch.setattr(connection, "_context", lambda *_: None)
    monkeypatch.setattr(connection, "Https", lambda *given: given[-2:])
    proxy = tmp_path / "proxy"
    proxy.touch()
    asked = connection.Catalogue("rb", Environment({"X509_USER_PROXY": str(proxy)}))
    assert asked._connect() == (105, 420)


def test_a_job_that_is_told_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.time, "monotonic", lambda: 1000.0)
    job = watch.Watch(SimpleNamespace(interactive=False, limit=0, start=0), 1)
    job._told_to_end()
    assert job.kill_at == 1021


def test_renewal_and_a_node_that_comes_back(pace_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pace_file.write_text("100\n")
    monkeypatch.setattr(renewal, "_TIMEOUT", 0.1)
    renewal._run(["sleep", "0.5"], {})
    monkeypatch.setattr(pbsnodes, "ANSWER_SECONDS", 0.01)
    states = [["down"], ["down"], ["down"], ["free"]]
    monkeypatch.setattr(pbsnodes, "_nodes", lambda _host: None)
    monkeypatch.setattr(pbsnodes, "_pick", lambda *_: [SimpleNamespace(states=states.pop(0))])
    pbsnodes._await_answer("ce", "wn")
    assert states == []


def test_a_jdl_that_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(trial.resource, "setrlimit", lambda what, most: given.append((what, most)))
    monkeypatch.setattr(trial.signal, "alarm", given.append)
    trial.tried(b"[]")
    assert given[0] == (resource.RLIMIT_CPU, (70, 70))
    assert given[-1] == 140
