"""Outputs that nobody fetched are removed after their days, not before, and whatever the clock does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridware.wms.broker import places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.job import Job, State
from gridware.wms.broker.purger import EVERY, Purger
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.store import Store
from tests.gridware.broker.samples import ID, STUDENT, make_job

DAYS = 7
LIFE = DAYS * 86400
ENDED = 1_000_000.0
"""When the jobs ended, in epoch seconds."""


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bookkeeping]:
    monkeypatch.setattr(places, "JOBS", tmp_path)
    store = Store(":memory:")
    yield Bookkeeping(store)
    store.close()


@pytest.fixture
def purger(books: Bookkeeping) -> Purger:
    return Purger(books, Settings("rb", 9000, "gilda", (), (), sandbox_days=DAYS))


def end(books: Bookkeeping, job_id: str = ID, leftover: bool = False) -> Path:
    """A job whose output waits; the file."""
    job = make_job(id=job_id)
    books.registered(job, "rb:9000")
    books.done(job, 0, ["std.out"], [])
    books.store.update(job_id, changed=ENDED, leftover=leftover)
    places.make(job)
    (places.outputs(job) / "0").write_text("hello")
    return places.outputs(job) / "0"


def found(books: Bookkeeping, job_id: str = ID) -> Job:
    job = books.store.job(job_id)
    assert job
    return job


def test_an_output_stays_for_its_days_and_no_longer(books: Bookkeeping, purger: Purger) -> None:
    file = end(books)
    assert purger.look(ENDED + LIFE - 1) == []
    assert file.exists()
    assert [job.id for job in purger.look(ENDED + LIFE + EVERY)] == [ID]
    assert not places.of_job(make_job()).exists()
    job = found(books)
    assert job.state is State.CLEARED
    assert job.reason.startswith("TIMEOUT")
    name, _time, _source, attributes = books.store.events(ID)[-1]
    assert (name, attributes["Reason"]) == ("CLEAR", job.reason)
    assert purger.look(ENDED + 2 * LIFE) == []


def test_the_books_are_asked_once_an_hour(books: Bookkeeping, purger: Purger) -> None:
    end(books)
    now = ENDED + LIFE - EVERY / 2
    purger.look(now)
    # The time is over, but this look is too soon after the last.
    assert purger.look(now + EVERY - 1) == []
    assert len(purger.look(now + EVERY)) == 1


def test_a_clock_that_is_set_back_does_not_stop_it(books: Bookkeeping, purger: Purger) -> None:
    end(books)
    purger.look(ENDED + 100 * LIFE)
    end(books, ID[:-1] + "B")
    assert [job.id for job in purger.look(ENDED + 2 * LIFE)] == [ID[:-1] + "B"]


def test_an_attempt_in_the_queue_is_waited_for(books: Bookkeeping, purger: Purger) -> None:
    file = end(books, leftover=True)
    assert purger.look(ENDED + 2 * LIFE) == []
    assert file.exists()
    books.store.update(ID, leftover=False)
    assert len(purger.look(ENDED + 2 * LIFE + EVERY)) == 1


def test_other_ends_keep_their_state(books: Bookkeeping, purger: Purger) -> None:
    for number, finish in enumerate((books.aborted, books.cancelled, lambda job, _why: books.cleared(job))):
        job = make_job(id=f"{ID[:-1]}{number}")
        books.registered(job, "rb:9000")
        finish(job, STUDENT)
        books.store.update(job.id, changed=ENDED)
    assert purger.look(ENDED + 2 * LIFE) == []


def test_who_fetches_at_the_last_moment_wins(books: Bookkeeping) -> None:
    end(books)
    job = found(books)
    books.cleared(job)
    books.timed_out(job)
    assert found(books).reason == "user retrieved output sandbox"
    assert [event[0] for event in books.store.events(ID)].count("CLEAR") == 1
