"""Which trials are held: all of them, so often, or a sample of pairs that do not hide each other."""

import pytest

from harness.drill.plan import Hiding, pairs, plan
from harness.faults.noise import NOISE
from harness.faults.registry import catalogue, named
from tests.unit.sites import SITE


def test_each_fault_and_each_noise_is_tried_so_often() -> None:
    faults = [named("wn-offline"), named("wn-drained")]
    planned = plan(faults, NOISE[:1], 3, whole=False)
    assert len(planned.trials) == 9
    assert all(planned.trials.count((fault,)) == 3 for fault in (*faults, NOISE[0]))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("gridftp-se-stopped", "catalogue-rb-stopped", True),
        ("wn-offline", "wn-drained", False),  # the same link
        ("mariadb-rb-stopped", "voms-rb-stopped", False),  # the second rests on the first
        ("voms-rb-stopped", "mariadb-rb-stopped", False),
        ("munge-ce-stopped", "slurmctld-ce-stopped", False),
        ("noise-disk-at-80", "wn-drained", False),
    ],
)
def test_faults_are_independent_if_neither_hides_the_other(one: str, other: str, expected: bool) -> None:
    assert Hiding(SITE).independent(named(one), named(other)) is expected


def test_pairs_are_the_same_for_a_seed_and_others_for_another() -> None:
    some = [fault for fault in catalogue() if fault.name.endswith("stopped")]
    first = pairs(some, 20, 7, SITE).trials
    assert first == pairs(some, 20, 7, SITE).trials
    assert first != pairs(some, 20, 8, SITE).trials
    assert len(set(first)) == 20
    assert all(Hiding(SITE).independent(*pair) for pair in first)
