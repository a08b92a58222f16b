"""The gram script, with a globusrun of the test's own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

TREE = Path(__file__).parents[3] / "box/parts/wms/tree"
SCRIPT = TREE / "usr/lib/icebox/broker/gram"
NAMES = sorted((TREE / "usr/libexec/blahp").iterdir())
"""What blahp calls."""
CONTACT = "https://ce.example.org:20200/1/2/"


class Place:
    """A directory of jobs, and a globusrun that says what it is told to and counts its calls."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.attempt = home / "jobs/J/1"
        self.attempt.mkdir(parents=True)
        (self.attempt / "ce").write_text("ce.example.org:2119/jobmanager-pbs\n")
        (self.attempt / "rsl").write_text("&(executable=/bin/true)")
        (home / "bin").mkdir()
        self.script = home / "gram"
        text = SCRIPT.read_text().replace("/var/lib/icebox/wms/jobs", str(home / "jobs"))
        self.script.write_text(text.replace("/etc/icebox/pace", str(home / "pace")))
        for each in NAMES:
            (home / each.name).symlink_to(self.script)

    def globusrun(self, out: str = "", error: str = "", code: int = 0) -> None:
        program = self.home / "bin/globusrun"
        calls = self.home / "calls"
        program.write_text(
            f"#!/bin/sh\necho call >> {calls}\necho '{out}'\necho '{error}' >&2\nexit {code}\n"
        )
        program.chmod(0o755)

    @property
    def calls(self) -> int:
        path = self.home / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def run(self, deed: str, *words: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", str(self.home / f"gram_{deed}.sh"), *words],
            capture_output=True, text=True, check=False, env={"PATH": path},
        )  # fmt: skip

    def submit(self) -> subprocess.CompletedProcess[str]:
        return self.run(
            "submit", "-w", str(self.attempt), "-q", "short", "-c", str(self.attempt / "rsl"), "--", "a"
        )

    def status(self) -> str:
        return self.run("status", "-w", "gram/J.1").stdout.strip()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_submission_is_made_once(place: Place) -> None:
    place.globusrun(CONTACT)
    assert place.submit().stdout == "BLAHP_JOBID_PREFIXgram/J.1\n"
    assert place.submit().stdout == "BLAHP_JOBID_PREFIXgram/J.1\n"
    assert place.calls == 1
    assert (place.attempt / "contact").read_text() == CONTACT + "\n"


@pytest.mark.parametrize(("pace", "seconds"), [("", 25), ("12\n", 300)])
def test_a_slow_ce_has_longer_for_its_answer(place: Place, pace: str, seconds: int) -> None:
    if pace:
        (place.home / "pace").write_text(pace)
    late = place.home / "bin/timeout"
    late.write_text(f"#!/bin/sh\necho $1 >> {place.home}/given\nexit 124\n")
    late.chmod(0o755)
    assert place.submit().stderr.strip() == f"the CE gave no answer within {seconds} s (error code 12)"
    (place.attempt / "contact").write_text(CONTACT)
    place.run("cancel", "gram/J.1")
    assert (place.home / "given").read_text().split() == [str(seconds)] * 2


def test_a_refusal_is_told_in_gram_s_words(place: Place) -> None:
    place.globusrun(CONTACT, "GRAM Job failed because of it (error code 17)", 17)
    done = place.submit()
    assert done.returncode == 1
    assert done.stderr.strip() == "GRAM Job failed because of it (error code 17)"
    assert not (place.attempt / "contact").exists()


def test_a_lost_call_back_is_no_failure(place: Place) -> None:
    place.globusrun(CONTACT, "", 124)
    assert place.submit().returncode == 0


@pytest.mark.parametrize(("word", "status"), [("PENDING", 1), ("ACTIVE", 1)])
def test_a_job_in_the_batch_system_is_idle_until_its_wrapper_speaks(
    place: Place, word: str, status: int
) -> None:
    place.globusrun(CONTACT)
    place.submit()
    place.globusrun(word)
    assert place.status() == f'0[BatchJobId="J.1";JobStatus={status};]'
    (place.attempt / "claimed").touch()
    assert "JobStatus=2" in place.status()
    assert place.calls == 2, "GRAM is asked now and then, not each time"


def test_the_wrappers_word_ends_a_job(place: Place) -> None:
    place.globusrun(CONTACT)
    place.submit()
    (place.attempt / "done").touch()
    assert place.status() == '0[BatchJobId="J.1";JobStatus=4;ExitCode=0;]'


def test_a_job_that_ends_without_a_word_gets_its_time(place: Place) -> None:
    place.globusrun(CONTACT)
    place.submit()
    place.globusrun("DONE")
    assert "JobStatus=1" in place.status()
    os.utime(place.attempt / "ended", (time.time() - 30,) * 2)
    assert "JobStatus=4" in place.status()
    assert "without a word from its wrapper" in (place.attempt / "ended").read_text()


def test_a_ce_that_is_away_is_noted_and_forgiven(place: Place) -> None:
    place.globusrun(CONTACT)
    place.submit()
    place.globusrun("", "the connection failed (error code 12)", 12)
    assert "JobStatus=1" in place.status()
    assert "error code 12" in (place.attempt / "away").read_text()
    os.utime(place.attempt / "asked", (time.time() - 60,) * 2)
    place.globusrun("ACTIVE")
    place.status()
    assert not (place.attempt / "away").exists()


def test_what_is_purged_is_done(place: Place) -> None:
    assert "JobStatus=4" in place.run("status", "gram/K.1").stdout


def test_cancelling(place: Place) -> None:
    place.globusrun(CONTACT)
    place.submit()
    place.globusrun("", "no (error code 12)", 12)
    assert place.run("cancel", "gram/J.1").stdout.startswith(" 1 ")
    place.globusrun("", "unknown (error code 156)", 156)
    assert place.run("cancel", "gram/J.1").stdout == " 0 No\\ error\n"


def test_its_output_is_held_until_there_is_nothing_left_of_it(place: Place) -> None:
    """blahpd, which looks for its end when the output ends, would else wait for a second."""
    trap = next(line for line in place.script.read_text().splitlines() if line.startswith("trap "))
    # It stops where it has closed its output and not ended, so that this moment lasts as long as need be.
    stopping = trap.replace("' EXIT", " exec >&-; kill -STOP $$' EXIT")
    assert stopping != trap
    place.script.write_text(place.script.read_text().replace(trap, stopping))
    program = subprocess.Popen(["bash", str(place.home / "gram_ping.sh")], stdout=subprocess.PIPE)
    try:
        assert os.waitid(os.P_PID, program.pid, os.WSTOPPED | os.WEXITED).si_code == os.CLD_STOPPED
        assert program.stdout
        assert os.read(program.stdout.fileno(), 100) == b"0 No error\n"
        ended, _, _ = select.select([program.stdout], [], [], 0.3)
        assert not ended, "the output has ended, and its process has not"
        program.send_signal(signal.SIGCONT)
        assert program.stdout.read() == b""
        assert program.wait(60) == 0
    finally:
        program.kill()
        program.communicate()


def test_blahp_finds_the_script_by_all_its_names() -> None:
    assert [each.name for each in NAMES] == [
        f"gram_{deed}.sh" for deed in ("cancel", "ping", "status", "submit")
    ]
    assert {each.resolve() for each in NAMES} == {SCRIPT}
