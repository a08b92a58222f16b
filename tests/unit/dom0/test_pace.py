"""A place that is slower by itself is given longer for all that is done there, and a busy one is not."""

import contextvars
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import expect, state
from harness.access.shell import Account, Shell
from harness.box import far
from harness.command import TIMED_OUT
from harness.deadline import Deadline, go_by, wait_for, within
from harness.dom0 import cgroup, containers, held, pace, sent
from harness.dom0.dom0 import Dom0
from harness.dom0.held import HeldDom0
from harness.dom0.namespace import Inside, Namespace
from harness.dom0.place import PATIENCE, Ended, Place
from harness.errors import HarnessError, WaitError
from harness.expect import CheckTimedOut, NotYet, eventually


class Here(Place):
    """This machine, of which a test says how fast it is."""

    name = "here"
    own = 1.0

    def words(self, command: Sequence[str]) -> list[str]:
        return list(command)

    @property
    def pace(self) -> float:
        return self.own


class Told(Here):
    """Where each command is noted, with the seconds that it may take, and says one thing."""

    def __init__(self, said: bytes = b"", code: int = 0, own: float = 1.0) -> None:
        self.said, self.code, self.own = said, code, own
        self.given: list[float] = []
        self.typed: list[Sequence[str]] = []

    def ended(self, command: Sequence[str], stdin: bytes, seconds: float) -> Ended:
        self.given.append(seconds)
        self.typed.append(command)
        return self.code, self.said, b""


@pytest.fixture
def box(home: Path) -> str:
    (home / "boxes" / "school").mkdir(parents=True)
    return "school"


def test_this_machine_is_measured() -> None:
    measured = pace.measured(Here())
    assert measured is not None
    assert 1.0 <= measured <= pace.MOST


@pytest.mark.parametrize(
    ("took", "is_"),
    [
        (pace.WORK_IDLE, 1.0),
        (pace.WORK_IDLE * pace.USUAL, 1.0),
        (pace.WORK_IDLE * pace.USUAL * 12, 12.0),
        (1e6, pace.MOST),
    ],
    ids=["idle", "usual", "emulated", "stuck"],
)
def test_what_deadlines_reckon_with_is_no_slowness(took: float, is_: float) -> None:
    assert pace.measured(Told(f"{took}\n".encode())) == pytest.approx(is_)


def test_time_of_the_processor_counts_and_none_of_waiting() -> None:
    """The work as it is typed, where each of its programs waits: it takes longer, and is no more work."""
    waits = pace.WORK.replace('"/bin/true", ["true"]', '"/bin/sleep", ["sleep", "0.05"]')
    code, out, err = Here().ended(["/usr/bin/python3", "-I", "-S", "-c", waits], b"", 60)
    assert (code, err) == (0, b"")
    assert float(out) < 0.05, "what waits for a processor is none the slower"


@pytest.mark.parametrize("told", [Told(b"", 127), Told(b"no number\n"), Told(b"")])
def test_where_the_work_can_not_be_done_nothing_is_known(told: Told, box: str) -> None:
    assert pace.measured(told) is None
    assert pace.of_box(box, told) == 1.0
    assert pace.noted(box) is None, "the next one who asks may be told"


def test_a_box_is_measured_once_and_anew_when_it_comes_up(box: str) -> None:
    slow = Told(f"{pace.WORK_IDLE * pace.USUAL * 8}\n".encode())
    assert pace.of_box(box, slow) == pytest.approx(8.0)
    assert pace.of_box(box, slow) == pytest.approx(8.0)
    assert len(slow.given) == 1
    pace.forget(box)
    assert pace.of_box(box, slow) == pytest.approx(8.0)
    assert len(slow.given) == 2


@pytest.mark.parametrize(
    ("written", "read"), [("7.25", 7.25), ("0.1", 1.0), ("nan?", None), ("1e9", pace.MOST)]
)
def test_what_was_noted_is_no_longer_than_the_longest(box: str, written: str, read: float | None) -> None:
    (state.box_dir(box) / pace.NOTE).write_text(written)
    assert pace.noted(box) == read


def test_a_box_that_is_no_more_gets_no_directory_by_being_asked(home: Path) -> None:
    assert pace.of_box("gone", Told(b"1e9")) == 1.0
    assert not (home / "boxes" / "gone").exists()


@pytest.mark.parametrize("own", [1.0, 12.0])
def test_every_command_has_so_much_longer(own: float) -> None:
    place = Told(own=own)
    place.run("true", timeout=10)
    place.tell(Path(containers.__file__), timeout=20)
    place.quietly("true", timeout=30)
    place.put("/nowhere", b"")
    with pytest.raises(HarnessError, match="the harness could not lay there"):
        sent.do(place, "lay", 50.0)
    assert place.given == [each * own for each in (10, 20, 30, 120, 50)]


def test_a_command_that_takes_too_long_for_a_usual_machine_ends_well_on_a_slow_one() -> None:
    place = Here()
    assert place.run("sleep 0.6", timeout=0.2).exit_code == TIMED_OUT
    place.own = 50.0
    assert place.run("sleep 0.6", timeout=0.2).ok


def test_services_have_longer_too_and_their_connections() -> None:
    place = Told(b"", own=4.0)
    assert place.speak([("line", "192.168.1.2", 22)], each=2.0, until=5.0) == []
    assert place.typed[0][-3:] == ["8.0", "20.0", "1.2"]
    assert place.given == [4 * (2 * 2.0 + 5.0 + PATIENCE)], "and what asks them is given that once"


def test_services_of_emulated_nodes_on_a_fast_dom0_have_longer() -> None:

    def late() -> None:
        with listening.accept()[0] as connection:
            never.wait(0.5)
            connection.sendall(b"hello\n")

    never, answering = threading.Event(), threading.Thread(target=late)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering.start()
        port = listening.getsockname()[1]
        [answer] = Here().speak([("line", "127.0.0.1", port)], each=0.1, pace=50.0)
        answering.join()
    assert (answer.why, answer.shown) == ("", ["hello"])


def test_what_is_done_there_by_the_harness_itself_waits_longer_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Told(b'{"done": null}\n', own=12.5)
    sent.do(place, "check", nodes=0)
    *_, what, words, factor = place.typed[0]
    waited: list[float] = []

    def check(nodes: int) -> None:
        waited.extend([nodes, Deadline(15.0).seconds])

    monkeypatch.setattr(far, "DEEDS", {"check": check})
    monkeypatch.setattr(far.umask, "ours", lambda: None)
    contextvars.copy_context().run(far.main, what, words, factor)
    assert waited == [0, 187.5]
    assert capsys.readouterr().out == '{"done": null}\n'
    assert Deadline(15.0).seconds == 15.0


def test_all_waits_of_a_slow_machine_last_longer() -> None:
    looks: list[int] = []

    def wait() -> None:
        go_by(100.0)
        wait_for("three looks", lambda: looks.append(1) or len(looks) >= 3, 0.05, pause=0.1)
        assert within(0.01, "it", lambda: time.sleep(0.2) or "done") == "done"

    contextvars.copy_context().run(wait)
    assert len(looks) == 3


def test_groups_of_a_slow_machine_are_waited_for_by_its_pace_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "icebox-school.0123456789abcdef/never").mkdir(parents=True)
    (tmp_path / "icebox-school.0123456789abcdef/never/empty").touch()
    monkeypatch.setattr(cgroup, "trees", lambda: [tmp_path])
    monkeypatch.setattr(cgroup, "EMPTYING", 0.02)

    def remove() -> None:
        go_by(10.0)
        cgroup.remove("icebox-school.0123456789abcdef")

    with pytest.raises(WaitError, match=r"waited 0\.2 s"):
        contextvars.copy_context().run(remove)


def test_what_is_on_a_machine_is_as_slow_as_that() -> None:
    assert Inside("node", Told(own=9.0), 1).longer(2.0) == 18.0
    dom0: Any = SimpleNamespace(other=Namespace("outside", 1), pace=9.0)
    assert HeldDom0.outside.__get__(dom0).longer(2.0) == 18.0


def test_a_dom0_is_as_fast_as_was_noted(box: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pace.note(box, 6.5)
    dom0: Any = SimpleNamespace(box=box)
    assert Dom0.pace.__get__(dom0) == 6.5


def test_a_shell_has_longer_with_its_environment_too() -> None:
    shell = Shell("ce", Account("root", Path("/nowhere")), socket.socket, "ssh-ed25519 AAAA", pace=7.0)
    assert shell.with_environment(X509_USER_PROXY="/tmp/x").longer(3.0) == 21.0


def test_checks_of_a_slow_box_expect_things_later() -> None:
    looks: list[int] = []

    def probe() -> bool:
        looks.append(1)
        if len(looks) < 5:
            raise NotYet("not yet")
        return True

    def check(factor: float) -> bool:
        expect.go_by(factor)
        looks.clear()
        return eventually("it", probe, seconds=0.05, pause=0.05)

    with pytest.raises(CheckTimedOut):
        contextvars.copy_context().run(check, 1.0)
    assert contextvars.copy_context().run(check, 100.0)


def test_a_held_dom0_is_measured_anew_at_each_start(box: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pace.note(box, 20.0)

    def stop(*_: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(held, "refuse_stranger", lambda *_: None)
    monkeypatch.setattr(held.secrets, "token_hex", stop)
    for spare, noted in ((True, 20.0), (False, None)):
        with pytest.raises(InterruptedError):
            HeldDom0._start(box, None, spare=spare)  # type: ignore[arg-type,type-var]
        assert pace.noted(box) == noted
