"""The books: states and events go together, and outlive the process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridware.wms.broker import compound
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.job import COLLECTION, DAG, State
from gridware.wms.broker.store import Store
from tests.gridware.broker.samples import ID, STUDENT, make_job


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Bookkeeping]:
    store = Store(str(tmp_path / "book.db"))
    yield Bookkeeping(store)
    store.close()


def state(books: Bookkeeping, job_id: str = ID) -> State:
    job = books.store.job(job_id)
    assert job
    return job.state


def names(books: Bookkeeping, job_id: str = ID) -> list[str]:
    return [name for name, _time, _source, _attributes in books.store.events(job_id)]


def test_a_good_life(books: Bookkeeping) -> None:
    job = make_job()
    books.registered(job, "rb:9000")
    assert state(books) is State.SUBMITTED
    books.accepted(job)
    assert state(books) is State.WAITING
    first = books.matched(job, "ce:2119/jobmanager-pbs-short", "key")
    assert first
    assert first.state is State.READY
    books.at_ce(first, "https://ce:20200/1/2/")
    assert state(books) is State.SCHEDULED
    books.running(job, "claim", "wn")
    assert state(books) is State.RUNNING
    books.done(job, 0, ["out"], [])
    assert state(books) is State.DONE
    books.cleared(job)
    assert state(books) is State.CLEARED
    assert names(books) == [
        "REGJOB", "TRANSFER", "ACCEPTED", "ENQUEUED", "DEQUEUED", "MATCH", "ENQUEUED", "DEQUEUED", "TRANSFER",
        "ACCEPTED", "RUNNING", "DONE", "CLEAR",
    ]  # fmt: skip


def test_the_books_are_the_same_after_a_restart(books: Bookkeeping, tmp_path: Path) -> None:
    books.registered(make_job(files=["a", "b"]), "rb:9000")
    books.accepted(make_job())
    books.matched(make_job(), "ceid", "key")
    again_open = Store(str(tmp_path / "book.db"))
    again = again_open.job(ID)
    again_open.close()
    assert again
    assert (again.files, again.attempt, again.key, again.ceid) == (["a", "b"], 1, "key", "ceid")


@pytest.mark.parametrize(("code", "qualifier"), [(0, "Success"), (3, "Exit Code !=0")])
def test_what_stands_behind_done(books: Bookkeeping, code: int, qualifier: str) -> None:
    books.registered(make_job(), "rb:9000")
    books.done(make_job(), code, [], ["x"])
    job = books.store.job(ID)
    assert job
    assert job.qualifier == qualifier
    assert "x" in job.reason


def test_an_error_in_a_change_leaves_no_half(books: Bookkeeping) -> None:
    books.registered(make_job(), "rb:9000")

    def fail() -> None:
        with books.store.change():
            books.aborted(make_job(), "reason")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert state(books) is State.SUBMITTED
    assert names(books) == ["REGJOB"]


def test_one_account_for_each_owner(books: Bookkeeping) -> None:
    pool = ("gilda001", "gilda002")
    assert books.store.account("a", pool) == "gilda001"
    assert books.store.account("b", pool) == "gilda002"
    assert books.store.account("a", pool) == "gilda001"
    assert books.store.account("c", pool) == ""


def node(name: str) -> str:
    return ID[:-1] + name


def family(books: Bookkeeping, kind: str, jdl: str, names: str) -> None:
    books.registered(make_job(jdl, kind=kind), "rb:9000")
    for name in names:
        books.registered(make_job(id=node(name), parent=ID, node=name), "rb:9000")
    for job_id in (ID, *map(node, names)):
        books.accepted(make_job(id=job_id))


def job_of(books: Bookkeeping, name: str) -> compound.Hold:
    job = books.store.job(node(name))
    assert job
    return compound.held_back(books.store, job)


DIAMOND = '[ Type = "dag"; Dependencies = { {"a", {"b", "c"}}, {{"b", "c"}, "d"} }; ]'


def test_dependencies_of_lists() -> None:
    assert compound.dependencies(DIAMOND) == {"b": {"a"}, "c": {"a"}, "d": {"b", "c"}}


def test_a_node_waits_for_those_before_it(books: Bookkeeping) -> None:
    family(books, DAG, DIAMOND, "abcd")
    assert [bool(job_of(books, name)) for name in "abcd"] == [False, True, True, True]
    books.done(make_job(id=node("a")), 0, [], [])
    assert [bool(job_of(books, name)) for name in "bcd"] == [False, False, True]


def test_a_failed_node_stops_those_behind_it(books: Bookkeeping) -> None:
    family(books, DAG, DIAMOND, "abcd")
    books.done(make_job(id=node("a")), 1, [], [])
    assert "the node a before it has failed" in job_of(books, "b").failed


def test_not_more_nodes_at_once_than_allowed(books: Bookkeeping) -> None:
    family(books, DAG, '[ Type = "dag"; max_running_nodes = 1; ]', "ab")
    books.matched(make_job(id=node("a")), "ceid", "key")
    assert job_of(books, "b").waits


@pytest.mark.parametrize(
    ("kind", "codes", "expected"),
    [(DAG, (0, 0), State.DONE), (DAG, (0, 1), State.ABORTED), (COLLECTION, (0, 1), State.DONE)],
)
def test_a_parent_ends_with_its_last_node(
    books: Bookkeeping, kind: str, codes: tuple[int, int], expected: State
) -> None:
    family(books, kind, "[ ]", "ab")
    books.done(make_job(id=node("a")), codes[0], [], [])
    compound.settle(books)
    assert state(books) is State.WAITING
    books.done(make_job(id=node("b")), codes[1], [], [])
    compound.settle(books)
    assert state(books) is expected


def test_parents_are_found_among_all_jobs(books: Bookkeeping) -> None:
    family(books, COLLECTION, "[ ]", "ab")
    assert [job.id for job in books.store.compounds([State.WAITING, State.DONE])] == [ID]
    assert books.store.compounds([State.DONE]) == []


def test_cancelled_jobs_stay_cancelled(books: Bookkeeping) -> None:
    books.registered(make_job(), "rb:9000")
    books.cancelled(make_job(), STUDENT)
    assert books.open_job(ID) is None
    assert names(books)[-2:] == ["CANCEL", "CANCEL"]


def test_what_a_user_cancels_meanwhile_is_not_revived(books: Bookkeeping) -> None:
    job = make_job()
    books.registered(job, "rb:9000")
    books.accepted(job)
    books.cancelled(job, STUDENT)
    assert books.matched(job, "ceid", "key") is None
    books.aborted(job, "no resources")
    assert state(books) is State.CANCELLED


def test_a_result_that_came_meanwhile_counts(books: Bookkeeping) -> None:
    job = make_job()
    books.registered(job, "rb:9000")
    books.accepted(job)
    first = books.matched(job, "ceid", "key")
    assert first
    books.done(first, 0, [], [])
    assert not books.failed(first, "lost")
    assert state(books) is State.DONE
