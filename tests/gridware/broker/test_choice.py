"""Which of the CEs that fit gets the job, and when a job is given up."""

import pytest

from gridware.wms.broker import choice, deadline
from gridware.wms.matching import WORST, Match
from tests.gridware.broker.samples import make_job, make_resource


def ranked(*ranks: float) -> list[Match]:
    return [Match(make_resource(f"q{number}"), rank) for number, rank in enumerate(ranks)]


def drawn(found: list[Match], fuzzy: bool, at: float) -> int:
    return found.index(choice.best(found, fuzzy, lambda: at))


@pytest.mark.parametrize(("at", "expected"), [(0.0, 1), (0.49, 1), (0.51, 2), (0.999999, 2)])
def test_chance_decides_among_the_best_alone(at: float, expected: int) -> None:
    assert drawn(ranked(1, 7, 7, WORST), False, at) == expected


def test_without_any_rank_all_are_alike() -> None:
    found = ranked(WORST, WORST)
    assert [drawn(found, fuzzy, at) for fuzzy in (False, True) for at in (0.1, 0.9)] == [0, 1, 0, 1]


def test_fuzzy_rank_gives_each_a_chance_and_the_better_a_better_one() -> None:
    found = ranked(-1, 0, 1, WORST)
    shares = [0] * 4
    for step in range(1000):
        shares[drawn(found, True, step / 1000)] += 1
    # pi/2 - pi/4, pi/2, pi/2 + pi/4 of 3 pi/2; what has no rank has no chance.
    assert shares == pytest.approx([167, 333, 500, 0], abs=1)


@pytest.mark.parametrize(("expiry", "over"), [("100", True), ("300", False), ("", False), ('"x"', False)])
def test_expiry_time(expiry: str, over: bool) -> None:
    jdl = f"[ ExpiryTime = {expiry}; ]" if expiry else "[ ]"
    assert deadline.over(make_job(jdl), now=200) is over
