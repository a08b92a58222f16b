"""What the engine makes of an attempt that came to nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.engine import Engine
from gridware.wms.broker.job import Job, State
from gridware.wms.broker.renewal import Renewal
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.store import Store
from tests.gridware.broker.samples import ID, make_job

SETTINGS = Settings("rb.example.org", 9000, "gilda", (), ())
JDL = '[ Executable = "/no/such"; RetryCount = 3; ShallowRetryCount = 3; ]'


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Bookkeeping]:
    store = Store(str(tmp_path / "book.db"))
    yield Bookkeeping(store)
    store.close()


@pytest.fixture
def running(books: Bookkeeping) -> Job:
    """A job whose wrapper has the token."""
    job = make_job(JDL)
    books.registered(job, "rb:9000")
    books.accepted(job)
    matched = books.matched(job, "ce:2119/jobmanager-pbs-short", "key")
    assert matched
    books.running(matched, "claim", "wn")
    found = books.store.job(ID)
    assert found
    return found


@pytest.mark.parametrize("started", [False, True])
def test_where_the_job_is_to_blame_it_is_aborted_at_once(
    books: Bookkeeping, running: Job, started: bool
) -> None:
    engine = Engine(books, SETTINGS, Renewal(SETTINGS))
    engine.attempt_failed(
        running, "the Executable /no/such on wn: there is no such file", started, final=True
    )
    job = books.store.job(ID)
    assert job
    assert (job.state, job.attempt) == (State.ABORTED, 1)
    assert job.reason == "the Executable /no/such on wn: there is no such file"
    assert [name for name, *_rest in books.store.events(ID)][-2:] == ["DONE", "ABORT"]


def test_any_other_failure_is_tried_again(books: Bookkeeping, running: Job) -> None:
    engine = Engine(books, SETTINGS, Renewal(SETTINGS))
    engine.attempt_failed(running, "the batch system ended the job", started=True)
    job = books.store.job(ID)
    assert job
    assert job.state is State.WAITING
