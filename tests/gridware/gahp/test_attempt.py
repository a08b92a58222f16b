"""What is noted of an attempt, with a GRAM of the test's own: CEs that are away, refuse, or forget."""

import os
import time
from pathlib import Path
from typing import cast

import pytest

from gridware import pace
from gridware.wms.gahp import attempt
from gridware.wms.gahp.attempt import COMPLETED, IDLE, RUNNING, Attempt
from gridware.wms.gahp.gram import (
    ACTIVE,
    CONNECTION_FAILED,
    DONE,
    NO_MANAGER,
    NO_SUCH_JOB,
    PENDING,
    Gram,
    GramError,
    first_state,
)

CONTACT = "https://ce.example.org:20200/1/2/"
AWAY = GramError("the connection failed", CONNECTION_FAILED)


class Ce:
    """Says what it is told to, and what it was asked."""

    def __init__(self) -> None:
        self.says: int | GramError = PENDING
        self.calls: list[str] = []
        self.seconds: list[float] = []

    def take(self, proxy: str) -> None:
        """Any."""

    def submit(self, resource: str, rsl: str, seconds: float) -> str:
        self._asked(f"{resource} {rsl}", seconds)
        return CONTACT

    def status(self, contact: str, seconds: float) -> int:
        return self._asked(f"status {contact}", seconds)

    def cancel(self, contact: str, seconds: float) -> None:
        self._asked(f"cancel {contact}", seconds)

    def _asked(self, what: str, seconds: float) -> int:
        self.calls.append(what)
        self.seconds.append(seconds)
        if isinstance(self.says, GramError):
            raise self.says
        return self.says

    @property
    def gram(self) -> Gram:
        return cast(Gram, self)


@pytest.fixture
def ce() -> Ce:
    return Ce()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of attempt gram/J.1."""
    monkeypatch.setattr(attempt, "JOBS", str(tmp_path))
    made = tmp_path / "J/1"
    made.mkdir(parents=True)
    (made / "ce").write_text("ce.example.org:2119/jobmanager-pbs\n")
    (made / "rsl").write_text("&(executable=/bin/true)")
    return made


@pytest.fixture
def sent(home: Path, ce: Ce) -> Attempt:
    made = Attempt("gram/J.1")
    made.submit(ce.gram)
    ce.calls.clear()
    return made


@pytest.mark.parametrize(
    ("service", "state"),
    [("jobmanager-pbs", PENDING), ("jobmanager-fork", ACTIVE), ("jobmanager-fork:/C=IT/CN=CE", ACTIVE)],
)
def test_what_a_job_is_first(service: str, state: int) -> None:
    assert first_state(f"ce.example.org:2119/{service}") == state


def test_a_submission_is_made_once(home: Path, ce: Ce) -> None:
    made = Attempt.of(str(home / "rsl"))
    made.submit(ce.gram)
    made.submit(ce.gram)
    assert made.name == "gram/J.1"
    assert ce.calls == ["ce.example.org:2119/jobmanager-pbs &(executable=/bin/true)"]
    assert (home / "contact").read_text() == CONTACT + "\n"


def test_a_refusal_is_told_in_gram_s_words(home: Path, ce: Ce) -> None:
    made = Attempt("gram/J.1")
    ce.says = GramError("GRAM Job failed because of\nit", 17, "qsub: no")
    with pytest.raises(GramError):
        made.submit(ce.gram)
    told = "GRAM Job failed because of it (error code 17) Details: qsub: no\n"
    assert (home / "error").read_text() == told
    assert made.contact == ""
    ce.says = PENDING
    made.submit(ce.gram)
    assert not (home / "error").exists()


def test_a_slow_ce_has_longer_for_its_answers(
    home: Path, ce: Ce, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pace, "FILE", str(tmp_path / "pace"))
    (tmp_path / "pace").write_text("12\n")
    made = Attempt("gram/J.1")
    made.submit(ce.gram)
    made.ask(ce.gram)
    made.cancel(ce.gram)
    assert ce.seconds == [300, 240, 300]


def test_a_job_in_the_batch_system_is_idle_until_its_wrapper_speaks(
    home: Path, sent: Attempt, ce: Ce
) -> None:
    assert sent.due
    sent.ask(ce.gram)
    assert sent.status == IDLE
    assert not sent.due, "GRAM is asked now and then, not each time"
    (home / "claimed").touch()
    assert sent.status == RUNNING
    os.utime(home / "asked", (time.time() - 60,) * 2)
    assert sent.due


def test_the_wrappers_word_ends_a_job(home: Path, sent: Attempt) -> None:
    (home / "done").touch()
    assert sent.status == COMPLETED
    assert not sent.due


@pytest.mark.parametrize("word", [DONE, GramError("gone", NO_MANAGER)])
def test_a_job_that_ends_without_a_word_gets_its_time(
    home: Path, sent: Attempt, ce: Ce, word: int | GramError
) -> None:
    ce.says = word
    sent.ask(ce.gram)
    assert sent.status == IDLE
    os.utime(home / "ended", (time.time() - 30,) * 2)
    assert sent.status == COMPLETED
    assert "without a word from its wrapper" in (home / "ended").read_text()


def test_what_a_clock_that_was_ahead_has_noted_counts_no_longer(home: Path, sent: Attempt, ce: Ce) -> None:
    """Else nobody would ask for the job, and its CE be away for no time, until that day has come."""
    ce.says = AWAY
    sent.ask(ce.gram)
    (home / "claimed").touch()
    for name in ("asked", "away", "claimed"):
        os.utime(home / name, (time.time() + 86400,) * 2)
    assert sent.due
    assert sent.status == RUNNING
    sent.ask(ce.gram)
    assert not sent.due
    assert (home / "away").stat().st_mtime <= time.time()
    ce.says = DONE
    sent.ask(ce.gram)
    os.utime(home / "ended", (time.time() + 86400,) * 2)
    sent.ask(ce.gram)
    assert (home / "ended").stat().st_mtime <= time.time()
    (home / "done").touch()
    os.utime(home / "done", (time.time() + 86400,) * 2)
    assert sent.status == COMPLETED


def test_a_ce_that_is_away_is_noted_and_forgiven(home: Path, sent: Attempt, ce: Ce) -> None:
    ce.says = AWAY
    sent.ask(ce.gram)
    first = (home / "away").stat()
    sent.ask(ce.gram)
    assert (home / "away").stat().st_ino == first.st_ino, "since when it is away"
    assert sent.status == IDLE
    assert "error code 12" in (home / "away").read_text()
    ce.says = PENDING
    sent.ask(ce.gram)
    assert not (home / "away").exists()


def test_what_is_purged_is_done(home: Path) -> None:
    assert Attempt("gram/K.1").status == COMPLETED
    assert not Attempt("gram/K.1").due


def test_cancelling(home: Path, sent: Attempt, ce: Ce) -> None:
    ce.says = AWAY
    with pytest.raises(GramError):
        sent.cancel(ce.gram)
    ce.says = GramError("unknown", NO_SUCH_JOB)
    sent.cancel(ce.gram)
    assert ce.calls == [f"cancel {CONTACT}"] * 2
    (home / "done").touch()
    sent.cancel(ce.gram)
    Attempt("gram/K.1").cancel(ce.gram)
    assert len(ce.calls) == 2
