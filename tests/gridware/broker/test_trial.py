"""JDLs on which the ClassAd library gives up, or worse."""

from collections.abc import Iterator

import pytest

from gridware.wms.broker import trial
from gridware.wms.broker.children import Children


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture
def trials(children: Children) -> trial.Trials:
    return trial.Trials(children)


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
        '[ SubmitTo = "ce.example.org:2119" ]',
        '[ SubmitTo = strcat("ce.example.org:2119/jobmanager-pbs-short", "\\n+GliteAttempt = 1") ]',
        "text",
    ],
)
def test_bad_ones_are_refused(trials: trial.Trials, jdl: str) -> None:
    with pytest.raises(trial.TrialError):
        trials.check(["[]", jdl])
    trials.check(["[]"])


def test_one_that_ends_its_trial_ends_nothing_else(children: Children, trials: trial.Trials) -> None:
    trials.check(["[]"])
    parent = children._parent
    with pytest.raises(trial.TrialError, match="can't be evaluated"):
        trials.check(["[ Requirements = " + "!" * 3_000_000 + "true ]"])
    trials.check(["[]"])
    assert children._parent is parent


def test_one_is_tried_again_if_all_children_were_lost(
    children: Children, trials: trial.Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials.check(["[]"])
    assert children._parent is not None
    children._parent.kill()
    children._parent.wait()
    found = iter([True])
    monkeypatch.setattr(Children, "up", property(lambda _self: next(found, False)))
    trials.check(["[]"])
