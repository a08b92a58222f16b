"""Recordings of what the checks typed, and typing it again."""

import json
from pathlib import Path
from typing import Any

from bench.replay import Line, Put, Recording, Replay, repeated


class Terminal:
    """Stands in for ssh: answers what it was given, in order."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers = list(answers)
        self.typed: list[str] = []

    def run(self, line: str, **_: Any) -> tuple[int, str, float]:
        self.typed.append(line)
        return *self.answers.pop(0), 1.0


def line(text: str, *, test: str = "a", at: float = 0, code: int = 0, stdout: str = "") -> Line:
    return Line(test, at, "ui", "student01", text, "", {}, 10.0, code, stdout, 0.1)


def record(path: Path, **content: Any) -> None:
    with path.open("a") as file:
        file.write(json.dumps(content) + "\n")


def test_lines_are_ordered_check_by_check(tmp_path: Path) -> None:
    typed = {
        "node": "ui",
        "user": "s",
        "stdin": "",
        "environment": {},
        "timeout": 1.0,
        "code": 0,
        "seconds": 1.0,
    }
    for worker, test, at in (("gw0", "a", 1.0), ("gw1", "b", 2.0), ("gw0", "a", 3.0)):
        record(
            tmp_path / f"{worker}.jsonl",
            kind="line",
            alone=False,
            test=test,
            at=at,
            line=f"{test}{at}",
            stdout="a\u2028b",
            **typed,
        )
    record(tmp_path / "main.jsonl", kind="line", alone=False, test="", at=0.0, line="x", stdout="", **typed)
    record(tmp_path / "gw1.jsonl", kind="line", alone=True, test="c", at=4.0, line="c", stdout="", **typed)
    record(tmp_path / "gw1.jsonl", kind="test", alone=True, test="c", at=4.0, seconds=7.0)
    record(tmp_path / "gw1.jsonl", kind="test", alone=False, test="b", at=2.0, seconds=5.0)
    record(tmp_path / "gw0.jsonl", kind="test", alone=False, test="a", at=1.0, seconds=3.0)
    recording = Recording.read(tmp_path)
    assert [each.at for each in recording.steps] == [1.0, 3.0, 2.0]
    assert recording.alone_seconds == 7.0
    assert recording.shared_seconds == 6.0


def test_a_repeated_line_is_repeated_until_it_answers_as_it_did() -> None:
    polls = [line("qstat", at=at, stdout=out) for at, out in enumerate(("R", "R", "R", "C"))]
    assert [len(group) for group in repeated([*polls, line("rm x")])] == [4, 1]
    replay, terminal = Replay(), Terminal((0, "R"), (0, "C"))
    replay.enter(terminal, polls)  # type: ignore[arg-type]
    assert replay.typed == len(terminal.typed) == 2
    assert replay.seconds == 2.0
    assert not replay.otherwise


def test_waiting_lasts_no_longer_than_it_did() -> None:
    polls = [line("qstat", at=at, stdout=out) for at, out in enumerate(("R", "R", "R", "C"))]
    replay, terminal = Replay(), Terminal(*[(0, "R")] * 9)
    replay.enter(terminal, polls)  # type: ignore[arg-type]
    assert len(terminal.typed) == 4


def test_a_line_that_does_something_each_time_is_typed_as_often() -> None:
    jobs = [line("qsub", stdout=f"{number}.xencenode") for number in (11, 12, 13)]
    replay, terminal = Replay(), Terminal(*[(0, f"{number}.xencenode") for number in (1, 2, 3)])
    replay.enter(terminal, jobs)  # type: ignore[arg-type]
    assert len(terminal.typed) == 3
    assert replay.translated("qdel 11.xencenode 12.xencenode") == "qdel 1.xencenode 2.xencenode"
    assert replay.translated("112.xencenode") == "112.xencenode"


def test_names_the_box_chose_are_followed() -> None:
    replay, terminal = Replay(), Terminal((0, "7.xencenode\n"), (0, ""))
    replay.enter(terminal, [line("qsub", stdout="12.xencenode\n")])  # type: ignore[arg-type]
    replay.enter(terminal, [line("qdel 12.xencenode")])  # type: ignore[arg-type]
    assert terminal.typed == ["qsub", "qdel 7.xencenode"]


def test_lines_that_ended_otherwise_are_told_and_count_no_longer_than_they_took() -> None:
    replay = Replay()
    replay.enter(Terminal((1, "")), [line("false")])  # type: ignore[arg-type]
    assert replay.otherwise == ["student01@ui$ false  [1, was 0]"]
    assert replay.seconds == 0.1


def test_files_stand_apart_from_repeated_lines() -> None:
    file = Put("a", 2.0, "ui", "student01", {}, "/tmp/x", "", 0o600)
    again = [line("ls", at=1.0), file, file, line("ls", at=3.0)]
    assert list(repeated(again)) == [[again[0]], file, file, [again[3]]]
