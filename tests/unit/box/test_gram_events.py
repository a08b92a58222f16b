"""What gram-events.c tells a job manager, which is a small program here, of the logs that it follows."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from harness.image import native

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "box/parts/ce-batch/native/gram-events.c"
DAY = 86400
SOON = 20
"""Seconds until a test gives up."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the object and the program."""
    folder = tmp_path_factory.mktemp("made")
    native.compile_one(SOURCE, folder / "gram-events.so", "-Werror")
    words = ["gcc", "-O1", "-Wall", "-Werror", "-rdynamic", "-o", folder / "job-manager"]
    subprocess.run([*words, HERE / "native/job-manager.c"], check=True)
    return folder


class JobManager:
    """A running job manager and what it has been told."""

    def __init__(self, made: Path, logs: Path, since: int, **variables: str) -> None:
        environment = {"JOB_MANAGER_SEG_SCHEDULER": "pbs", "JOB_MANAGER_SEG_LOG_PATH": str(logs), **variables}
        self.process = subprocess.Popen(
            [made / "job-manager", made / "gram-events.so", str(since)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: Queue[str] = Queue()
        self.listener = Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self.said.put(line.rstrip("\n"))

    def told(self) -> list[str]:
        """All it is told until it waits again."""
        found: list[str] = []
        while not (line := self.said.get(timeout=SOON)).startswith("waits"):
            found.append(line)
        return found

    def told_next(self) -> str:
        """The next event, however often it waits."""
        while (line := self.said.get(timeout=SOON)).startswith("waits"):
            pass
        return line

    def end(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        code = self.process.wait(SOON)
        self.listener.join(SOON)
        return code


Start = Callable[..., JobManager]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def start(made: Path, logs: Path) -> Iterator[Start]:
    """Starts a job manager that asks for events since a moment; it ends with the test."""
    running: list[JobManager] = []

    def begin(since: int, **variables: str) -> JobManager:
        running.append(JobManager(made, logs, since, **variables))
        return running[-1]

    yield begin
    assert [each.end() for each in running] == [0] * len(running)


def write(logs: Path, stamp: int, text: str) -> None:
    with (logs / time.strftime("%Y%m%d", time.gmtime(stamp))).open("a") as log:
        log.write(text)


NOW = int(time.time())


def test_every_state(logs: Path, start: Start) -> None:
    write(logs, NOW, f"001;{NOW};1.ce;1;0\n001;{NOW};1.ce;2;0\n001;{NOW};1.ce;8;7\n001;{NOW};2.ce;4;0\n")
    assert start(NOW).told() == [
        f"pending {NOW} 1.ce 0",
        f"active {NOW} 1.ce 0",
        f"done {NOW} 1.ce 7",
        f"failed {NOW} 2.ce 0",
    ]


def test_a_new_line_is_told_at_once(logs: Path, start: Start) -> None:
    write(logs, NOW, "")
    manager = start(NOW)
    assert manager.told() == []
    for job in range(3):
        write(logs, NOW, f"001;{NOW};{job}.ce;2;0\n")
        assert manager.told_next() == f"active {NOW} {job}.ce 0"


def test_it_waits_for_the_kernel_and_does_not_look_by_itself(logs: Path, start: Start) -> None:
    assert start(NOW).said.get(timeout=SOON) == "waits for the kernel"


def test_the_first_log_of_all(logs: Path, start: Start) -> None:
    manager = start(NOW)
    assert manager.told() == []
    write(logs, NOW, f"001;{NOW};1.ce;8;0\n")
    assert manager.told_next() == f"done {NOW} 1.ce 0"


def test_what_was_before_is_not_told_again(logs: Path, start: Start) -> None:
    write(logs, NOW, f"001;{NOW - 1};1.ce;2;0\n001;{NOW};1.ce;8;0\n")
    assert start(NOW).told() == [f"done {NOW} 1.ce 0"]


def test_a_job_manager_that_was_away_for_days_misses_nothing(logs: Path, start: Start) -> None:
    """Days without jobs have no log."""
    stamps = [NOW - 9 * DAY, NOW - 5 * DAY, NOW - 4 * DAY, NOW]
    for stamp in stamps:
        write(logs, stamp, f"001;{stamp};1.ce;2;0\n")
    assert start(stamps[1]).told() == [f"active {stamp} 1.ce 0" for stamp in stamps[1:]]


def test_midnight(logs: Path, start: Start) -> None:
    """The last lines of a day may be written when the next one has begun."""
    yesterday = NOW - DAY
    write(logs, yesterday, f"001;{yesterday};1.ce;2;0\n")
    manager = start(yesterday)
    assert manager.told_next() == f"active {yesterday} 1.ce 0"
    write(logs, NOW, f"001;{NOW};2.ce;2;0\n")
    assert manager.told_next() == f"active {NOW} 2.ce 0"
    write(logs, yesterday, f"001;{yesterday};1.ce;8;0\n")
    assert manager.told_next() == f"done {yesterday} 1.ce 0"
    write(logs, NOW, f"001;{NOW};2.ce;8;0\n")
    assert manager.told_next() == f"done {NOW} 2.ce 0"


def test_half_a_line_is_no_event(logs: Path, start: Start) -> None:
    manager = start(NOW)
    assert manager.told() == []
    write(logs, NOW, f"001;{NOW};1.ce;8")
    assert manager.told() == []
    write(logs, NOW, ";3\n")
    assert manager.told_next() == f"done {NOW} 1.ce 3"


def test_many_lines_are_all_told(logs: Path, start: Start) -> None:
    write(logs, NOW, "".join(f"001;{NOW};{job}.xencenode.sytes.net;8;0\n" for job in range(1000)))
    assert len(start(NOW).told()) == 1000


@pytest.mark.parametrize("line", ["", "nonsense", "002;1;1.ce;8;0", "001;x;1.ce;8;0", "001;", "x" * 5000])
def test_what_is_no_event_is_passed_over(logs: Path, start: Start, line: str) -> None:
    write(logs, NOW, f"{line}\n001;{NOW};1.ce;8;0\n")
    assert start(NOW).told() == [f"done {NOW} 1.ce 0"]


def test_without_a_watch_it_looks_by_itself(logs: Path, start: Start) -> None:
    manager = start(NOW, BLIND="yes")
    assert manager.said.get(timeout=SOON) == "waits a while"
    write(logs, NOW, f"001;{NOW};1.ce;8;0\n")
    assert manager.told_next() == f"done {NOW} 1.ce 0"


def test_without_logs_the_job_manager_asks_the_batch_system(made: Path, tmp_path: Path) -> None:
    assert JobManager(made, tmp_path / "none", NOW).end() == 3
