"""One trial, on a box that is none: what it looks at, types, and makes of it."""

from collections.abc import Collection
from pathlib import Path

import pytest

from harness.box.box import Box
from harness.diagnosis.finding import Finding, Findings, Step
from harness.drill import trial
from harness.errors import HarnessError
from harness.faults import standing
from harness.faults.fault import Fault
from harness.faults.noise import NOISE
from harness.faults.registry import named
from tests.unit.faults.fakes import FakeBox

FAULT = named("gatekeeper-ce-stopped")
GATEKEEPER = "gatekeeper@xencenode"


@pytest.fixture(autouse=True)
def quick(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SEEN", "QUIET", "SAFE", "MENDED", "SOUND"):
        monkeypatch.setattr(trial, name, 0.2)
    for name in ("PAUSE", "LONGEST"):
        monkeypatch.setattr(trial, name, 0.01)


class Sight:
    """Finds what is broken: from the put to a line that mends it, or to the take."""

    def __init__(
        self, *also: str, mends: str = "systemctl restart", blind: bool = False, remedy: str = ""
    ) -> None:
        self.fake = FakeBox()
        self.also, self.mends, self.blind, self.remedy = also, mends, blind, remedy

    def __call__(self, box: Box) -> Findings:
        if not standing.standing(box.ledger):
            return Findings()
        own = [] if self.blind or self._mended else [GATEKEEPER]
        return Findings(tuple(_finding(each, self.remedy) for each in (*own, *self.also)))

    @property
    def _mended(self) -> bool:
        return any(text.startswith(self.mends) for _, text in self.fake.typed)

    def ails(self, box: Box, ids: Collection[str]) -> bool:
        return any(each.id in ids for each in self(box).broken)

    def hold(self, fault: Fault = FAULT, **more: object) -> trial.Result:
        return trial.hold(self.fake.box, (fault,), self, glance=self.ails, **more)  # type: ignore[arg-type]


def _finding(name: str, remedy: str) -> Finding:
    link, _, node = name.partition("@")
    steps = (Step("xencenode", "systemctl restart globus-gatekeeper"),)
    return Finding(link=link, node=node, what=f"{name} is broken", remedy=remedy, steps=steps)


def test_what_is_found_and_mended_as_told_is_a_whole_point() -> None:
    result = Sight().hold()
    assert (result.score, result.mended, result.sound, result.trouble) == (1.0, True, True, "")
    assert result.wanted == (GATEKEEPER,)
    assert result.took >= result.seconds
    assert result.typed == ("xencenode: systemctl restart globus-gatekeeper",)


def test_a_remedy_that_changes_nothing_has_not_mended_it() -> None:
    result = Sight(mends="something else").hold()
    assert (result.score, result.mended, result.sound) == (1.0, False, True)


def test_where_what_is_safe_does_not_do_all_that_is_printed_is_typed() -> None:
    restart = "systemctl restart globus-gatekeeper"
    sight = Sight(mends="rm /etc/nologin", remedy=f"`rm /etc/nologin` there, then `{restart}`")
    result = sight.hold()
    assert (result.mended, result.sound) == (True, True)
    assert [line.removeprefix("xencenode: ") for line in result.typed] == [
        restart,
        "rm /etc/nologin",
        restart,
    ]


def test_what_is_safe_and_does_is_all_that_is_typed() -> None:
    result = Sight(remedy="`rm /etc/nologin` there").hold()
    assert (result.mended, result.typed) == (True, ("xencenode: systemctl restart globus-gatekeeper",))


def test_what_is_still_broken_once_the_fault_is_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sight = Sight()
    seen: list[bool] = []

    def look(box: Box) -> Findings:
        seen.append(bool(standing.standing(box.ledger)))
        left = _finding("disk@xenwnnode", "")
        return sight(box) if seen[-1] or not any(seen) else Findings((left,))

    result = trial.hold(sight.fake.box, (FAULT,), look, glance=sight.ails)
    assert (result.score, result.sound, result.left) == (1.0, False, ("disk@xenwnnode",))


@pytest.mark.parametrize(
    ("first", "later", "looks", "score"),
    [
        ((), (), 1, 1.0),
        (("disk@xenwnnode",), (), 2, 1.0),
        (("disk@xenwnnode",), ("disk@xenwnnode",), 2, 0.5),
    ],
)
def test_what_names_others_beside_the_cause_is_looked_at_again(
    first: tuple[str, ...], later: tuple[str, ...], looks: int, score: float
) -> None:
    """They may have been there for a moment; the causes and nothing else is what a user would go by."""
    sight = Sight(*first)
    before: list[Findings] = []

    def look(box: Box) -> Findings:
        seen = sight(box)
        if standing.standing(box.ledger) and not sight._mended:
            before.append(seen)
        sight.also = later
        return seen

    result = trial.hold(sight.fake.box, (FAULT,), look, glance=sight.ails)
    assert (result.score, len(before)) == (score, looks)


def test_what_else_is_named_costs() -> None:
    assert Sight("disk@xenwnnode").hold().score == 0.5


def test_a_cause_that_is_not_found_is_worth_nothing_and_nothing_is_typed_for_others() -> None:
    result = Sight("disk@xenwnnode", blind=True).hold()
    assert (result.score, result.mended, result.typed) == (0.0, None, ())


def test_what_is_degraded_on_the_machine_is_no_ones_fault_and_keeps_no_box_from_being_sound() -> None:
    tired = Finding(link="hostdisk", what="the disk is at 91 %", degraded=True)
    sight = Sight()
    look = lambda box: Findings(sight(box).broken, degraded=(tired,))  # noqa: E731
    result = trial.hold(sight.fake.box, (FAULT,), look, glance=sight.ails)
    assert (result.score, result.mended, result.sound) == (1.0, True, True)


def test_a_box_in_which_the_cause_is_still_degraded_is_not_mended() -> None:
    slow = Finding(
        link="gatekeeper", node="xencenode", what="it is slow", remedy="`true` there", degraded=True
    )
    look = lambda _box: Findings(degraded=(slow,))  # noqa: E731
    result = trial.hold(FakeBox().box, (FAULT,), look, glance=lambda _box, _ids: False)
    assert (result.score, result.mended, result.sound) == (1.0, False, False)


def test_a_service_that_works_for_a_moment_after_it_was_restarted_is_not_mended() -> None:
    sight, glances = Sight(), []

    def crash(_box: Box, ids: Collection[str]) -> bool:
        glances.append(set(ids))
        return len(glances) % 2 == 0

    result = trial.hold(sight.fake.box, (FAULT,), sight, glance=crash)
    assert (result.score, result.mended) == (1.0, False)
    assert {GATEKEEPER} in glances


def test_a_busy_machine_has_three_looks_however_long_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SEEN", 0.0)
    sight, looks = Sight(), []

    def late(box: Box) -> Findings:
        looks.append(box)
        return sight(box) if len(looks) > 1 else Findings()

    assert trial.hold(sight.fake.box, (FAULT,), late, glance=sight.ails).score == 1.0


def test_of_noise_nothing_may_be_made() -> None:
    assert Sight(blind=True).hold(NOISE[0]).passed
    assert not Sight("disk@xenwnnode", blind=True).hold(NOISE[0]).passed


def test_the_fault_is_out_of_the_box_afterwards_whatever_comes() -> None:
    sight = Sight()

    def fail(_box: Box, _found: Collection[Finding]) -> tuple[str, ...]:
        raise HarnessError("the checks ended without a verdict")

    result = sight.hold(red=fail)
    assert result.trouble == "the checks ended without a verdict"
    assert standing.standing(sight.fake.ledger) == ()


def test_a_fault_that_can_not_be_put_in_is_no_trial() -> None:
    sight = Sight()
    sight.fake.judge = lambda text: "systemctl stop globus" not in text
    result = sight.hold()
    assert (result.score, result.sound) == (0.0, False)
    assert "could not be done" in result.trouble


def test_checks_are_done_while_the_fault_is_there_and_know_what_was_found() -> None:
    sight, there = Sight(), []

    def red(_box: Box, found: Collection[Finding]) -> tuple[str, ...]:
        there.append((len(standing.standing(sight.fake.ledger)), [each.id for each in found]))
        return ("CE-1",)

    assert sight.hold(red=red).checks == ("CE-1",)
    assert there == [(1, [GATEKEEPER])]
