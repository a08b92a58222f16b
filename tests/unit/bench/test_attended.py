"""What a run of the benchmarks ends with, and that its directory goes in any case."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import attended as module
from bench.attended import attended
from harness.console import Console, Style
from harness.errors import CheckFailed, ExitCode, HarnessError, HostError


@pytest.fixture(autouse=True)
def signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the tests' own process stay as they are."""
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for a machine that can have boxes, and has none."""
    monkeypatch.setattr(module.host, "check", lambda: None)
    monkeypatch.setattr(module.teardown, "clean", lambda _: None)


def raising(error: BaseException) -> Callable[[], ExitCode]:
    def work() -> ExitCode:
        raise error

    return work


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("work", "code"),
    [
        (lambda: ExitCode.GO, 0),
        (lambda: ExitCode.UNKNOWN, 3),
        (raising(HostError("no space")), 2),
        (raising(CheckFailed("no proxy")), 1),
        (raising(HarnessError("lost")), 3),
        (raising(KeyboardInterrupt()), 3),
    ],
)
def test_how_it_ends(work: Callable[[], ExitCode], code: int) -> None:
    given: list[Path] = []

    def do(scratch: Path) -> ExitCode:
        (scratch / "figures").touch()
        given.append(scratch)
        return work()

    assert attended("bench", Console(style=Style.QUIET), do) == code
    assert not given[0].exists()


def test_a_machine_that_can_have_no_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.host, "check", raising(HostError("not root")))
    assert attended("bench", Console(style=Style.QUIET), lambda _: pytest.fail("it was measured")) == 2
