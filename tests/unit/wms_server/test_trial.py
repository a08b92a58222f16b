"""JDLs on which the ClassAd library gives up, or worse."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("classad2")

from broker import trial

from tests.unit.wms_server.conftest import PARTS


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [
        str(PARTS / part / "tree/usr/lib/icebox")
        for part in ("client", "catalogue-client", "wms-common", "wms")
    ]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))


def test_good_ones_pass() -> None:
    trial.check(['[ Executable = "/bin/true"; Environment = {"A=b"}; ]', '[ Type = "dag"; ]'])


@pytest.mark.parametrize(
    "value",
    ["5", '"x"', "{}", "other.x", "{ [ InputData = 3 ], 7 }", "[ OutputFile = 1 ]", "error"],
)
@pytest.mark.parametrize(
    "name",
    [
        "InputData",
        "DataRequirements",
        "DataAccessProtocol",
        "OutputData",
        "ExpiryTime",
        "PerusalTimeInterval",
    ],
)
def test_odd_values_harm_nobody(name: str, value: str) -> None:
    assert trial.problem(f"[ {name} = {value}; PerusalFileEnable = true; ]") == ""


@pytest.mark.parametrize(
    "jdl",
    [
        "[ Requirements = foo( ]",
        "[ InputData = InputData ]",
        '[ Executable = "/bin/true"; Requirements = Requirements; ]',
        "text",
    ],
)
def test_bad_ones_are_refused(jdl: str) -> None:
    with pytest.raises(trial.TrialError):
        trial.check(["[]", jdl])
