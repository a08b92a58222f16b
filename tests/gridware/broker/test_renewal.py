"""When the broker asks MyProxy for a new proxy, and how often."""

import threading
import time
from collections.abc import Iterator

import pytest

from gridware.wms.broker import delegation, renewal
from gridware.wms.broker.job import Job
from gridware.wms.broker.renewal import Renewal, RenewalError
from gridware.wms.broker.settings import Settings
from tests.gridware.broker.samples import make_job

SETTINGS = Settings("rb.example.org", 9000, "gilda", ("localhost:2170",), ("gilda001",), renew_before=1800)
RENEWABLE = '[ Executable = "/bin/true"; MyProxyServer = "rb.example.org"; ]'


class World:
    """A proxy and a MyProxy server; both do as told."""

    def __init__(self) -> None:
        self.left, self.refuses, self.now, self.tries = 600.0, True, 1000.0, 0
        self.slow: threading.Event | None = None

    def renew(self, _job: Job, _server: str) -> None:
        self.tries += 1
        if self.slow:
            assert self.slow.wait(60)
        if self.refuses:
            raise RenewalError("no credentials")
        self.left = 43200


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    monkeypatch.setattr(delegation, "left", lambda _path: made.left)
    monkeypatch.setattr(renewal, "renew", made.renew)
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    yield made
    if made.slow:
        made.slow.set()


def settled(renewals: Renewal) -> Renewal:
    """Once the threads of the last tries have ended."""
    for trial in renewals._trials.values():
        trial.thread.join(60)
    return renewals


def tried(world: World, renewals: Renewal) -> int:
    settled(renewals)
    return world.tries


def test_a_proxy_is_left_alone_until_it_is_about_to_end(world: World) -> None:
    renewals, job = Renewal(SETTINGS), make_job(RENEWABLE)
    world.left = 1860
    assert not renewals.look(job)
    assert renewals.pause(job) == 60
    world.left = 1800
    assert renewals.look(job)
    assert tried(world, renewals) == 1


def test_a_job_that_names_no_server_keeps_its_proxy(world: World) -> None:
    renewals, job = Renewal(SETTINGS), make_job()
    assert not renewals.look(job)
    assert renewals.pause(job) > 60
    assert world.tries == 0


def test_it_is_tried_again_soon_and_then_ever_more_rarely(world: World) -> None:
    renewals, job = Renewal(SETTINGS), make_job(RENEWABLE)
    waits = []
    for number in range(1, 8):
        assert renewals.look(job)
        assert tried(world, renewals) == number
        waits.append(renewals.pause(job))
        world.now += waits[-1] - 0.1
        assert renewals.look(job)
        assert tried(world, renewals) == number, "tried too early"
        world.now += 0.2
    assert waits == pytest.approx([5, 10, 20, 40, 80, 120, 120])


def test_once_it_is_renewed_the_next_time_is_counted_from_the_new_proxy(world: World) -> None:
    renewals, job = Renewal(SETTINGS), make_job(RENEWABLE)
    world.refuses = False
    assert renewals.look(job)
    assert not settled(renewals).look(job)
    assert renewals.pause(job) == 43200 - 1800
    world.left, world.refuses = 100, True
    renewals.look(job)
    assert settled(renewals).pause(job) == 5, "an earlier renewal's waits still count"


def test_there_is_never_more_than_one_try_of_a_job(world: World) -> None:
    renewals, job = Renewal(SETTINGS), make_job(RENEWABLE)
    world.slow = threading.Event()
    renewals.look(job)
    world.now += 500
    assert renewals.look(job)
    world.slow.set()
    assert tried(world, renewals) == 1


def test_many_jobs_are_renewed_a_few_at_a_time_and_a_silent_server_holds_up_no_other(world: World) -> None:
    def jobs(server: str) -> list[Job]:
        return [
            make_job(f'[ MyProxyServer = "{server}" ]', id=f"https://rb:9000/{server}{number}")
            for number in range(100)
        ]

    renewals, silent, others = Renewal(SETTINGS), jobs("silent"), jobs("other")
    world.slow = threading.Event()
    for _ in range(2):
        for job in silent:
            assert renewals.look(job), "its proxy is still to be renewed"
        assert len(renewals._trials) == renewal._OF_ONE
    assert renewals.look(others[0])
    assert len(renewals._trials) == renewal._OF_ONE + 1
    for number in range(40):
        for job in jobs(f"server{number}"):
            renewals.look(job)
    assert len(renewals._trials) == renewal._AT_ONCE
    world.slow.set()
    assert tried(world, renewals) == renewal._AT_ONCE
    renewals.look(silent[-1])
    assert tried(world, renewals) == renewal._AT_ONCE + 1


def test_what_has_ended_is_forgotten(world: World) -> None:
    renewals, job = Renewal(SETTINGS), make_job(RENEWABLE)
    renewals.look(job)
    settled(renewals).keep([job])
    assert renewals.pause(job) == 5
    renewals.keep([])
    assert renewals.pause(job) == 0
