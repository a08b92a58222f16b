"""A diagnosis is worth nothing without every cause, and little if it names everything."""

import pytest

from harness.drill.score import score, wanted
from harness.faults.registry import named
from tests.unit.sites import SITE


@pytest.mark.parametrize(
    ("causes", "found", "expected"),
    [
        ({"a"}, {"a"}, 1.0),
        ({"a"}, {"a", "b"}, 0.5),
        ({"a", "b"}, {"a"}, 0.0),
        ({"a", "b"}, {"a", "b", "c", "d"}, 0.5),
        ({"a"}, set(), 0.0),
        (set(), set(), 1.0),
        (set(), {"b"}, 0.0),
    ],
)
def test_score(causes: set[str], found: set[str], expected: float) -> None:
    assert score(causes, found) == expected


def test_what_must_be_found_has_the_nodes_own_name_and_none_at_the_dom0() -> None:
    faults = [
        named(name) for name in ("gatekeeper-ce-stopped", "dom0-masquerade-missing", "names-outside-wrong")
    ]
    assert wanted(faults, SITE) == {
        "gatekeeper@xencenode",
        named("dom0-masquerade-missing").link,
        named("names-outside-wrong").link,
    }
