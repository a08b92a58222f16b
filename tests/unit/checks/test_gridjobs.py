"""Jobs typed at the UI: what their submission is said to have come to."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.actors.gridjobs import END, WRITE_ALL, GridJobs
from harness.command import CommandResult
from harness.errors import CheckFailed

ID = "https://rb.example.org:9000/"
REFUSED = """
**** Error: NS_NOT_AVAILABLE ****
       rb.example.org, port 9000: Connection refused

"""


class Ui:
    """A student whose commands all end alike."""

    def __init__(self, stdout: str, stderr: str = "", exit_code: int = 0) -> None:
        self.answer = stdout, stderr, exit_code
        self.written: list[str] = []
        self.typed: list[str] = []

    def put(self, path: str, content: bytes) -> None:
        pass

    def run(self, line: str, *, stdin: str = "", **_options: Any) -> CommandResult:
        self.typed.append(line)
        self.written += stdin.split(END)[:-1]
        stdout, stderr, exit_code = self.answer if not stdin else ("", "", 0)
        return CommandResult(line, "ui", exit_code, stdout, stderr, 0.0)


def jobs(ui: Ui) -> GridJobs:
    return GridJobs(ui, "/home/student01/check", "rb.example.org")  # type: ignore[arg-type]


def test_each_job_of_many_keeps_its_number() -> None:
    ui = Ui(f"{ID}b 1\n{ID}a 0\n")
    mine = jobs(ui)
    assert mine.submit_all(["zero", "one"]) == {f"{ID}b": 1, f"{ID}a": 0}
    assert sorted(mine.ids) == [f"{ID}a", f"{ID}b"]
    assert ui.written == ["zero", "one"]


TEXTS = ["first line\nand 'more' $HOME \\n\n", "", "no end of line", "\n"]


def in_bash(line: str, place: Path, stdin: str = "") -> str:
    words = ["bash", "-c", line]
    done = subprocess.run(words, cwd=place, input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_is_written_and_shown_by_one_command_stays_as_it_is(tmp_path: Path) -> None:
    in_bash(WRITE_ALL, tmp_path, "".join(f"{text}{END}" for text in TEXTS))
    assert [(tmp_path / f"{number}.jdl").read_text() for number in range(len(TEXTS))] == TEXTS

    class There(Ui):
        def run(self, line: str, **_options: Any) -> CommandResult:
            return CommandResult(
                line, "ui", 0, in_bash(line.replace("/home/student01", "."), tmp_path), "", 0.0
            )

    below = tmp_path / "check" / "out" / "student01_a"
    below.mkdir(parents=True)
    (below / "std.out").write_text(TEXTS[0])
    (below / "std.err").write_text("")
    found = jobs(There(""))._files("/home/student01/check/out")
    assert found == {"student01_a/std.err": "", "student01_a/std.out": TEXTS[0]}


def test_who_was_not_taken_is_counted_and_the_others_are_remembered() -> None:
    mine = jobs(Ui(f"{ID}a 0\n", REFUSED, 123))
    with pytest.raises(CheckFailed) as caught:
        mine.submit_all(["zero", "one", "two"])
    assert caught.value.what == (
        "2 of 3 submissions failed: NS_NOT_AVAILABLE, rb.example.org, port 9000: Connection refused"
    )
    assert mine.ids == [f"{ID}a"], "what was submitted is not cancelled in the end"


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda mine: mine.submit("[]"), "glite-job-submit failed: NS_NOT_AVAILABLE, "),
        (lambda mine: mine.one(f"{ID}a"), "glite-job-status failed: NS_NOT_AVAILABLE, "),
    ],
)
def test_a_broker_that_is_away_is_named_first(act: Any, what: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        act(jobs(Ui("", REFUSED, 1)))
    assert caught.value.what.startswith(what)
    assert caught.value.where == "rb.example.org"


def test_what_was_seen_to_have_ended_is_not_cancelled_in_the_end() -> None:
    done, runs = (f"{ID}{letter * 22}" for letter in "ab")
    blocks = (("Done (Success)", done), ("Running", runs))
    told = "".join(
        f"Status info for the Job : {job}\nCurrent Status:     {state}\n\n" for state, job in blocks
    )
    ui = Ui(told)
    mine = jobs(ui)
    mine.ids += [done, runs]
    mine.status([done, runs])
    mine.end()
    cancelled = [line for line in ui.typed if "glite-job-cancel" in line]
    assert len(cancelled) == 1
    assert runs in cancelled[0]
    assert done not in cancelled[0]
