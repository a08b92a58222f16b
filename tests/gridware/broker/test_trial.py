"""JDLs on which the ClassAd library gives up, or worse."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gridware.wms.broker import trial


@pytest.fixture
def trials() -> Iterator[trial.Trials]:
    made = trial.Trials()
    yield made
    made.close()


def test_good_ones_pass(trials: trial.Trials) -> None:
    trials.check(['[ Executable = "/bin/true"; Environment = {"A=b"}; ]', '[ Type = "dag"; ]'])
    calls = "other.x is (1) || other.y isnt (2) /* no(1) */"
    trials.check([f"""[ Arguments = "nonsense(1)"; 'a "b' = 1; Requirements = {calls} ]"""])


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
        "[ Requirements = false && nonsense(1) ]",
        "[ Requirements = false && Nonsense /* ( */ // (\n (1) ]",
        "[ Requirements = false && 'nonsense' (1) ]",
        '[ a = "x\\""; Requirements = false && eval("1") ]',
        "text",
    ],
)
def test_bad_ones_are_refused(trials: trial.Trials, jdl: str) -> None:
    with pytest.raises(trial.TrialError):
        trials.check(["[]", jdl])
    trials.check(["[]"])


def test_one_that_ends_its_trial_ends_nothing_else(trials: trial.Trials) -> None:
    trials.check(["[]"])
    helper = trials._helper
    with pytest.raises(trial.TrialError, match="can't be evaluated"):
        trials.check(["[ Requirements = " + "!" * 3_000_000 + "true ]"])
    trials.check(["[]"])
    assert trials._helper is helper


def test_a_helper_that_died_is_made_anew(trials: trial.Trials) -> None:
    trials.check(["[]"])
    assert trials._helper is not None
    trials._helper.kill()
    trials._helper.wait()
    trials.check(["[]"])


SERVING = """
import socket
from gridware.wms.broker import trial
trial.IDLE = 0.01
trial.serve(socket.socket(fileno=0))
"""


def test_it_ends_when_nobody_asks() -> None:
    mine, its = socket.socketpair()
    with mine, its:
        subprocess.run([sys.executable, "-c", SERVING], stdin=its, check=True, timeout=60)


def test_one_dies_just_as_it_is_asked(trials: trial.Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    trials.check(["[]"])
    assert trials._helper is not None
    trials._helper.kill()
    trials._helper.wait()
    found = iter([True])
    monkeypatch.setattr(trial.Trials, "up", property(lambda _self: next(found, False)))
    trials.check(["[]"])
