"""Match-making on the UI: what the broker would say, before a job is sent."""

from typing import Any

import pytest

from gridware.bdii.server import BdiiError
from gridware.wms import finder, replicas, resources
from gridware.wms.data import Data
from tests.gridware.broker.samples import make_resource

READS = '[ InputData = "lfn:/grid/x"; DataAccessProtocol = "gsiftp"; ]'


@pytest.fixture(autouse=True)
def grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "_membership", lambda _proxy: ("gilda", ["/gilda/Role=NULL"]))
    monkeypatch.setattr(resources, "ask", lambda _bdiis: [make_resource("short")])
    near = Data({"lfn:/grid/x": ("sfn://se.example.org/x",)})
    monkeypatch.setattr(replicas, "find", lambda _names, _vo, _environment: near)


def test_ces_near_the_data_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [ce for ce, _ in finder.match(READS, "proxy").ces] == [make_resource("short").ceid]
    far = Data({"lfn:/grid/x": ("sfn://far/x",)})
    monkeypatch.setattr(replicas, "find", lambda _names, _vo, _environment: far)
    found = finder.match(READS, "proxy")
    assert (found.ces, "lfn:/grid/x" in found.why, "far" in found.why) == ([], True, True)
    assert finder.match("[ Requirements = false; ]", "proxy").why == ""


@pytest.mark.parametrize(
    ("where", "name", "error", "code"),
    [
        (resources, "ask", BdiiError("refused"), "NS_NOT_AVAILABLE"),
        (replicas, "find", replicas.CatalogueAwayError("refused"), "NS_NOT_AVAILABLE"),
        (replicas, "find", replicas.ReplicaError("lfn:/grid/x: none"), "NS_LIST_JOB_MATCH_FAIL"),
    ],
)
def test_what_goes_wrong_has_a_code(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, error: Exception, code: str
) -> None:
    def fail(*_given: object) -> None:
        raise error

    monkeypatch.setattr(where, name, fail)
    with pytest.raises(finder.FinderError, match=str(error)) as refused:
        finder.match(READS, "proxy")
    assert refused.value.code == code


def test_a_jdl_that_is_none() -> None:
    with pytest.raises(finder.FinderError) as refused:
        finder.match("[ a = ( ]", "proxy")
    assert refused.value.code == "UI_JDL_ERROR"
