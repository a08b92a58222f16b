"""Jobs that no CE fits, and that say until when: matched again, given up, cancelled, kept over a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridware.wms.broker import compound, condor, deadline, delegation, engine, matchmaker, places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.engine import Engine
from gridware.wms.broker.job import COLLECTION, DAG, Job, State
from gridware.wms.broker.renewal import Renewal
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.store import Store
from gridware.wms.resources import Resource
from tests.gridware.broker.samples import ID, STUDENT, make_job, make_resource

SETTINGS = Settings("rb.example.org", 9000, "gilda", (), ())
JDL = '[ Executable = "/bin/true"; Requirements = other.GlueHostMainMemoryRAMSize > 1000; ExpiryTime = {}; ]'
NEVER = 4000000000
"""Epoch seconds, long after these tests."""
REASON = "BrokerHelper: no compatible resources"


class Clock:
    """The time as the engine, its matchmaker and the deadlines have it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


class Broker:
    """An engine over books on disk; the information system and HTCondor's queue are played."""

    def __init__(self, directory: Path) -> None:
        self._file = str(directory / "book.db")
        self.resources: list[Resource] = [make_resource()]
        self.asked = 0
        self.sent: list[str] = []
        self.start()

    def start(self) -> None:
        """With nothing but what is on disk, as after a kill."""
        self.books = Bookkeeping(Store(self._file))
        self.engine = Engine(self.books, SETTINGS, Renewal(SETTINGS))

    def kill(self) -> None:
        self.books.store.close()

    def take(self, job: Job) -> None:
        self.books.registered(job, "rb:9000")
        self.books.accepted(job)

    def ask(self, _addresses: object) -> list[Resource]:
        self.asked += 1
        return self.resources

    def entries(self) -> list[condor.Entry]:
        return [condor.Entry(name, 1, condor.IDLE, "", "gilda001") for name in self.sent]

    def submit(self, orders: list[condor.Order], _children: object) -> None:
        self.sent += [order.name for order in orders]

    def job(self, job_id: str = ID) -> Job:
        found = self.books.store.job(job_id)
        assert found
        return found

    def names(self) -> list[str]:
        return [name for name, *_rest in self.books.store.events(ID)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (engine, matchmaker, deadline):
        monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def broker(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    made = Broker(tmp_path)
    monkeypatch.setattr(matchmaker, "ask", made.ask)
    monkeypatch.setattr(places, "JOBS", tmp_path)
    monkeypatch.setattr(delegation, "left", lambda _proxy: 40000.0)
    monkeypatch.setattr(condor, "entries", made.entries)
    monkeypatch.setattr(condor, "submit", made.submit)
    monkeypatch.setattr(engine, "_hurry", lambda _account: None)
    monkeypatch.setattr(Engine, "_lay_out", _order)
    (tmp_path / ID.rpartition("/")[2]).mkdir()
    yield made
    made.kill()


def _order(_engine: Engine, job: Job, _chosen: object) -> condor.Order:
    return condor.Order(job.attempt_name, job.account, "", "", "")


def test_it_is_matched_again_and_goes_once_a_ce_fits(broker: Broker, clock: Clock) -> None:
    broker.take(make_job(JDL.format(NEVER)))
    pause = broker.engine.round()
    assert (broker.job().state, broker.job().reason, broker.asked) == (State.WAITING, REASON, 1)
    assert 0 < pause <= SETTINGS.match_pause
    broker.engine.round()
    assert broker.asked == 1
    clock.now += pause
    broker.engine.round()
    assert (broker.job().state, broker.asked) == (State.WAITING, 2)
    assert broker.names().count("PENDING") == 1
    clock.now = broker.job().due
    broker.resources = [make_resource(GlueHostMainMemoryRAMSize=2000)]
    broker.engine.round()
    assert (broker.job().state, broker.sent) == (State.READY, [broker.job().attempt_name])


def test_one_answer_does_for_all_that_wait(broker: Broker, clock: Clock) -> None:
    for letter in "abc":
        broker.take(make_job(JDL.format(NEVER), id=ID[:-1] + letter))
        broker.engine.round()
        clock.now += 3
    asked = broker.asked
    clock.now += SETTINGS.match_pause
    broker.engine.round()
    assert broker.asked == asked + 1
    assert len({job.due for job in broker.books.store.in_states([State.WAITING])}) == 1


def test_it_is_aborted_when_its_time_is_over(broker: Broker, clock: Clock) -> None:
    broker.take(make_job(JDL.format(int(clock.now) + 5)))
    clock.now += broker.engine.round() + 0.1
    broker.engine.round()
    assert broker.job().state is State.ABORTED
    assert broker.job().reason.startswith("request expired")
    assert broker.names()[-2:] == ["PENDING", "ABORT"]


def test_a_kill_of_the_broker_ends_no_wait(broker: Broker, clock: Clock) -> None:
    broker.take(make_job(JDL.format(NEVER)))
    broker.engine.round()
    broker.kill()
    broker.start()
    assert (broker.job().state, broker.job().reason) == (State.WAITING, REASON)
    clock.now = broker.job().due
    broker.engine.round()
    assert broker.names().count("PENDING") == 1
    broker.resources = [make_resource(GlueHostMainMemoryRAMSize=2000)]
    clock.now = broker.job().due
    broker.engine.round()
    assert broker.job().state is State.READY


def test_who_cancels_it_while_it_is_matched_has_the_last_word(broker: Broker) -> None:
    broker.take(make_job(JDL.format(NEVER)))
    seen = broker.job()
    broker.books.cancelled(seen, STUDENT)
    broker.books.pending(seen, REASON, 5)
    assert (broker.job().state, broker.job().reason) == (State.CANCELLED, "Aborted by user")
    assert "PENDING" not in broker.names()


@pytest.mark.parametrize("kind", [DAG, COLLECTION])
def test_nodes_wait_as_jobs_do_and_so_does_their_parent(broker: Broker, clock: Clock, kind: str) -> None:
    order = 'Dependencies = { {"a", "b"} };' if kind == DAG else ""
    broker.take(make_job(f'[ Type = "{kind}"; {order} ]', kind=kind))
    nodes = {name: ID[:-1] + name for name in "ab"}
    for name, node in nodes.items():
        broker.take(make_job(JDL.format(int(clock.now) + 50), id=node, parent=ID, node=name))
    broker.engine.round()
    assert (broker.job().state, broker.job(nodes["a"]).reason) == (State.WAITING, REASON)
    assert broker.job(nodes["b"]).reason == ("" if kind == DAG else REASON)
    clock.now += 51
    broker.engine.round()
    assert {broker.job(node).state for node in nodes.values()} == {State.ABORTED}
    compound.settle(broker.books)
    assert (broker.job().state, "request expired" in broker.job().reason) == (State.ABORTED, True)
