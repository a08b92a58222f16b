"""The catalogue is asked beside the engine, once for each try of a job."""

import threading
from collections.abc import Sequence

import pytest

from gridware.wms import replicas
from gridware.wms.broker.replicafinder import ReplicaFinder
from gridware.wms.broker.settings import Settings
from gridware.wms.data import Data
from tests.gridware.broker.samples import make_job

SETTINGS = Settings("rb", 9000, "gilda", ("a:1", "b:2"), ())
LATE = 20
"""Seconds until a thread must have spoken."""


class Catalogue:
    """Answers when it is let."""

    def __init__(self, error: Exception | None = None) -> None:
        self.let, self.answered = threading.Event(), threading.Event()
        self.asked: list[tuple[list[str], str, str]] = []
        self._error = error

    def find(self, names: Sequence[str], vo: str, environment: dict[str, str]) -> Data:
        self.asked.append((list(names), vo, environment["LCG_GFAL_INFOSYS"]))
        assert self.let.wait(LATE)
        if self._error:
            raise self._error
        return Data(dict.fromkeys(names, ("sfn://se/x",)))


def test_an_answer_is_awaited_and_given_once() -> None:
    catalogue = Catalogue()
    finder, job = ReplicaFinder(SETTINGS, catalogue.find), make_job()
    assert finder.of(job, ["lfn:/a"], catalogue.answered.set) is None
    assert finder.of(job, ["lfn:/a"], catalogue.answered.set) is None
    catalogue.let.set()
    assert catalogue.answered.wait(LATE)
    assert finder.of(job, ["lfn:/a"], catalogue.answered.set) == Data({"lfn:/a": ("sfn://se/x",)})
    assert catalogue.asked == [(["lfn:/a"], "gilda", "a:1,b:2")]
    for event in (catalogue.answered, catalogue.let):
        event.clear()
    assert finder.of(job, ["lfn:/a"], catalogue.answered.set) is None
    catalogue.let.set()
    assert catalogue.answered.wait(LATE)
    assert len(catalogue.asked) == 2


def test_what_the_catalogue_refuses_is_told() -> None:
    catalogue = Catalogue(replicas.ReplicaError("lfn:/a: No such file or directory"))
    finder, job = ReplicaFinder(SETTINGS, catalogue.find), make_job()
    finder.of(job, ["lfn:/a"], catalogue.answered.set)
    catalogue.let.set()
    assert catalogue.answered.wait(LATE)
    with pytest.raises(replicas.ReplicaError, match="No such file"):
        finder.of(job, ["lfn:/a"], catalogue.answered.set)


def test_answers_for_cancelled_jobs_are_dropped() -> None:
    catalogue = Catalogue()
    finder, job = ReplicaFinder(SETTINGS, catalogue.find), make_job()
    finder.of(job, ["lfn:/a"], catalogue.answered.set)
    finder.forget(set())
    catalogue.let.set()
    assert catalogue.answered.wait(LATE)
    catalogue.answered.clear()
    finder.of(job, ["lfn:/b"], catalogue.answered.set)
    assert catalogue.answered.wait(LATE)
    assert [names for names, _vo, _bdii in catalogue.asked] == [["lfn:/a"], ["lfn:/b"]]
