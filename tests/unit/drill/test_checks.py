"""Which checks a drill does on a broken box: those that rest on what was found, until each has failed."""

from pathlib import Path
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis.finding import Finding
from harness.drill import checks
from harness.drill.checks import TRIES, Checks
from harness.errors import HarnessError
from harness.report.verdict import Answer, CheckResult, Outcome, Verdict
from tests.unit.drill.results import result
from tests.unit.faults.fakes import FakeBox

BOX = cast(Box, FakeBox().box)
NEEDS = {"CE-1": ("gatekeeper", "ssh@ui"), "CE-2": ("bdii@ce",), "NET-1": ("network",)}
GATEKEEPER = Finding(link="gatekeeper", what="it is stopped", words=("gatekeeper", "gatekeeper@ce"))
BDII = Finding(link="bdii", what="it is stopped", words=("bdii", "bdii@ce"))


class Runs:
    """A pytest that does nothing, and whose checks end as they are said to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.red: set[str] = set()
        self.done: list[list[str]] = []
        monkeypatch.setattr(checks, "run", self._run)

    def _run(self, _box: str, results: Path, *words: str) -> Verdict:
        ids = words[0].removeprefix("--again=").split(",") if words else list(NEEDS)
        self.done.append(ids)
        ended = [
            CheckResult(
                each, each, "ce", Outcome.FAILED if each in self.red else Outcome.PASSED, needs=NEEDS[each]
            )
            for each in ids
        ]
        verdict = Verdict(Answer.GO, tuple(ended))
        results.mkdir(parents=True, exist_ok=True)
        (results / "verdict.json").write_text(verdict.to_json())
        return verdict


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, home: Path) -> Runs:
    return Runs(monkeypatch)


def test_they_are_learned_once_on_a_sound_box_also_by_who_goes_on(runs: Runs, tmp_path: Path) -> None:
    for drill in (one := Checks(tmp_path), one, Checks(tmp_path)):
        drill.learn(BOX)
        assert drill.ids == set(NEEDS)
    assert runs.done == [list(NEEDS)]


def test_what_is_red_without_a_fault_proves_nothing(runs: Runs, tmp_path: Path) -> None:
    runs.red = {"CE-2"}
    drill = Checks(tmp_path)
    with pytest.raises(HarnessError, match="CE-2: not passed on a box without a fault"):
        drill.learn(BOX)
    runs.red.clear()
    drill.learn(BOX)
    assert drill.ids == set(NEEDS)


def test_those_that_rest_on_what_was_found_are_done_until_they_have_failed(
    runs: Runs, tmp_path: Path
) -> None:
    drill = Checks(tmp_path)
    drill.learn(BOX)
    assert drill.red(BOX, [GATEKEEPER], 0) == ()
    runs.red = {"CE-1"}
    assert drill.red(BOX, [GATEKEEPER, BDII], 1) == ("CE-1",)
    assert drill.red(BOX, [GATEKEEPER], 2) == ()
    assert drill.red(BOX, [], 3) == ()
    assert runs.done[1:] == [["CE-1"], ["CE-1", "CE-2"]]


def test_who_goes_on_does_none_again_that_has_failed(runs: Runs, tmp_path: Path) -> None:
    drill = Checks(tmp_path, [result("gatekeeper@xencenode", checks=("CE-1",))])
    drill.learn(BOX)
    drill.red(BOX, [GATEKEEPER, BDII], 1)
    assert runs.done[1:] == [["CE-2"]]


def test_one_that_passes_whatever_is_broken_is_given_up(runs: Runs, tmp_path: Path) -> None:
    drill = Checks(tmp_path)
    drill.learn(BOX)
    for number in range(TRIES + 3):
        drill.red(BOX, [GATEKEEPER], number)
    assert len(runs.done) == 1 + TRIES
