"""What becomes of a job that waits for a CE: it is sent, it waits on, or it ends for the true reason."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from gridware.bdii.server import BdiiError
from gridware.wms import replicas
from gridware.wms.broker import matchmaker, places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.job import Job, State
from gridware.wms.broker.matchmaker import Choice, Matchmaker
from gridware.wms.broker.replicafinder import MOST_FILES, ReplicaFinder
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.store import Store
from gridware.wms.data import Data
from gridware.wms.matching import CANNOT_PLAN, NO_RESOURCES
from gridware.wms.resources import Resource
from tests.gridware.broker.samples import ID, make_job, make_resource

LFN = "lfn:/grid/gilda/x"
READS = f'InputData = "{LFN}"; DataAccessProtocol = "gsiftp";'
SETTINGS = Settings("rb", 9000, "gilda", (), (), match_patience=300)
LATE = 20
"""Seconds until a thread must have spoken."""


class Grid:
    """What the information system and the catalogue say."""

    def __init__(self) -> None:
        self.resources: list[Resource] | Exception = [make_resource("short"), make_resource("long")]
        self.surls: tuple[str, ...] | Exception = ("sfn://se.example.org/x",)

    def ask(self, _addresses: object) -> list[Resource]:
        if isinstance(self.resources, Exception):
            raise self.resources
        return self.resources

    def find(self, names: Sequence[str], _vo: str, _environment: object) -> Data:
        if isinstance(self.surls, Exception):
            raise self.surls
        return Data(dict.fromkeys(names, self.surls))


Choose = Callable[..., Choice | None]


@pytest.fixture
def grid() -> Grid:
    return Grid()


@pytest.fixture
def books() -> Iterator[Bookkeeping]:
    store = Store(":memory:")
    yield Bookkeeping(store)
    store.close()


@pytest.fixture
def choose(grid: Grid, books: Bookkeeping, monkeypatch: pytest.MonkeyPatch) -> Choose:
    """Has a job with this JDL matched; one with data as soon as the catalogue has answered."""
    monkeypatch.setattr(matchmaker, "ask", grid.ask)
    monkeypatch.setattr(matchmaker, "ReplicaFinder", lambda settings: ReplicaFinder(settings, grid.find))
    answered = threading.Event()

    def run(jdl: str, waited: float = 0, **changes: Any) -> Choice | None:
        made = make_job(f"[ {jdl} ]", **changes)
        books.registered(made, "rb:9000")
        books.accepted(made)
        job = books.store.job(ID)
        assert job
        job.since -= waited
        answered.clear()
        maker = Matchmaker(books, SETTINGS, answered.set)
        chosen = maker.choose(job)
        if chosen is None and "InputData" in jdl:
            assert answered.wait(LATE)
            if (now(books).state, now(books).due) == (State.WAITING, 0):
                return maker.choose(job)
        return chosen

    return run


def now(books: Bookkeeping) -> Job:
    job = books.store.job(ID)
    assert job
    return job


def test_a_job_without_data_is_sent_at_once(choose: Choose) -> None:
    chosen = choose('Requirements = RegExp(".*long", other.GlueCEUniqueID);')
    assert chosen
    assert (chosen.resource.ceid.rpartition("-")[2], chosen.data.files) == ("long", {})


def test_who_says_until_when_waits_for_a_ce_until_then(choose: Choose, books: Bookkeeping) -> None:
    assert choose("Requirements = false; ExpiryTime = 4000000000;") is None
    job = now(books)
    assert (job.state, job.reason) == (State.WAITING, "BrokerHelper: no compatible resources")
    assert time.time() < job.due <= time.time() + SETTINGS.match_pause
    *_before, (name, _time, source, attributes) = books.store.events(ID)
    assert (name, source, attributes) == ("PENDING", "WorkloadManager", {"Reason": job.reason})


def test_the_last_look_is_at_its_expiry_time(choose: Choose, books: Bookkeeping) -> None:
    end = int(time.time()) + 1
    assert choose(f"Requirements = false; ExpiryTime = {end};") is None
    assert now(books).due <= end


@pytest.mark.parametrize(
    ("jdl", "resources", "reason"),
    [
        ('SubmitTo = "se.example.org";', None, "se.example.org is no CE; known: ce.example.org"),
        (READS + "Requirements = false;", None, "BrokerHelper: no compatible resources"),
        ("", [], "BrokerHelper: no compatible resources"),
        ("", BdiiError("refused"), "the information system does not answer"),
    ],
)
def test_until_then_it_waits_for_whatever_it_lacks(
    choose: Choose, grid: Grid, books: Bookkeeping, jdl: str, resources: Any, reason: str
) -> None:
    grid.resources = grid.resources if resources is None else resources
    assert choose(jdl + "ExpiryTime = 4000000000;", waited=SETTINGS.match_patience + 1) is None
    assert (now(books).state, reason in now(books).reason) == (State.WAITING, True)


def test_what_no_wait_mends_ends_at_once_all_the_same(choose: Choose, grid: Grid, books: Bookkeeping) -> None:
    grid.surls = replicas.ReplicaError(f"{LFN}: No such file or directory")
    assert choose(READS + "ExpiryTime = 4000000000;") is None
    assert now(books).state is State.ABORTED


def test_a_job_that_fits_no_ce_is_aborted_for_that_reason(choose: Choose, books: Bookkeeping) -> None:
    assert choose("Requirements = false;") is None
    assert (now(books).state, now(books).reason) == (State.ABORTED, CANNOT_PLAN + NO_RESOURCES)


def test_a_job_with_data_knows_where_they_are(choose: Choose) -> None:
    chosen = choose(READS)
    assert chosen
    assert chosen.data == Data({LFN: ("sfn://se.example.org/x",)}, {"se.example.org": (("gsiftp", 2811),)})


def test_a_chosen_ce_spares_the_match_but_not_the_question_for_data(choose: Choose, grid: Grid) -> None:
    chosen = choose(READS + 'SubmitTo = "other:2119/jobmanager-pbs-x"; Requirements = false;')
    assert chosen
    assert (chosen.resource.ceid, list(chosen.data.files)) == ("other:2119/jobmanager-pbs-x", [LFN])


def test_of_a_ce_named_by_its_host_the_best_queue_is_taken(choose: Choose) -> None:
    chosen = choose('SubmitTo = "CE.example.org"; Rank = RegExp(".*long", other.GlueCEUniqueID) ? 1 : 0;')
    assert chosen
    assert chosen.resource.ceid == "ce.example.org:2119/jobmanager-pbs-long"


@pytest.mark.parametrize(
    ("jdl", "surls", "reason"),
    [
        ('SubmitTo = "se.example.org";', None, "se.example.org is no CE; known: ce.example.org"),
        ('SubmitTo = "ce.example.org"; Requirements = false;', None, "of the queues of ce.example.org"),
        ("Requirements = false;", None, "Cannot plan: BrokerHelper: no compatible resources"),
        (READS, replicas.ReplicaError(f"{LFN}: No such file or directory"), f"{LFN}: No such file"),
        (READS, ("sfn://elsewhere/x",), "on elsewhere"),
        (READS + "Requirements = false;", None, "no compatible resources"),
    ],
)
def test_what_can_t_be_sent_ends_for_the_true_reason(
    choose: Choose, grid: Grid, books: Bookkeeping, jdl: str, surls: Any, reason: str
) -> None:
    grid.surls = surls or grid.surls
    assert choose(jdl) is None
    assert now(books).state is State.ABORTED
    assert reason in now(books).reason


@pytest.mark.parametrize(
    ("jdl", "resources", "surls", "reason"),
    [
        ("", BdiiError("refused"), None, "the information system does not answer"),
        ("", [], None, "no compatible resources"),
        (READS, None, replicas.CatalogueAwayError("refused"), "the file catalogue does not answer"),
    ],
)
def test_what_may_come_back_is_waited_for_but_not_for_ever(
    choose: Choose, grid: Grid, books: Bookkeeping, jdl: str, resources: Any, surls: Any, reason: str
) -> None:
    grid.resources = grid.resources if resources is None else resources
    grid.surls = surls or grid.surls
    assert choose(jdl) is None
    assert (now(books).state, reason in now(books).reason) == (State.WAITING, True)
    assert now(books).due > 0


def test_patience_ends(choose: Choose, grid: Grid, books: Bookkeeping) -> None:
    grid.surls = replicas.CatalogueAwayError("refused")
    assert choose(READS, waited=301) is None
    assert (now(books).state, "does not answer" in now(books).reason) == (State.ABORTED, True)


def test_nobody_keeps_the_catalogue_to_himself(books: Bookkeeping) -> None:
    names = [f"lfn:/{number}" for number in range(MOST_FILES + 1)]
    with pytest.raises(replicas.ReplicaError, match="more than 1000"):
        ReplicaFinder(SETTINGS).of(make_job(), names, lambda: None)


def test_where_the_files_lie_outlives_a_crash(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "JOBS", tmp_path)
    job = make_job()
    places.of_job(job).mkdir()
    assert places.data(job).files == {}
    found = Data({LFN: ("sfn://a/x", "sfn://b/x")}, {"a": (("gsiftp", 2811),), "b": ()})
    places.write_data(job, found)
    assert places.data(job) == found
