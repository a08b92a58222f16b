"""One box that is broken again and again, and mended by what is said of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box.box import Box
from tests.drill.tried import Told
from tests.integration.boxes import standing
from tests.integration.diagnosis.breaking import Breaking
from tests.integration.diagnosis.rounds import SITE, Broken, Round, in_rounds

ROUND = pytest.StashKey[Round]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that were chosen here: the rounds come first."""
    places = [at for at, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    tests = [items[at] for at in places]
    rounds = in_rounds(tests)
    for test, its_round in rounds.items():
        test.stash[ROUND] = its_round
    ordered = [*rounds, *(test for test in tests if test not in rounds)]
    for at, test in zip(places, ordered, strict=True):
        items[at] = test


@pytest.fixture(scope="package")
def box() -> Iterator[Box]:
    """One box for all tests here that want no other."""
    with standing(SITE, "diag") as made:
        yield made


@pytest.fixture
def breaking(box: Box) -> Iterator[Breaking]:
    """Breaks the box, and puts it back as it was."""
    made = Breaking(box)
    yield made
    made.restore()


@pytest.fixture
def broken(box: Box, request: pytest.FixtureRequest, told: Told) -> Iterator[Broken]:
    """What was found of the test's fault (``rounds.breaks``); its remedy is heard."""
    its_round = request.node.stash[ROUND]
    try:
        found = its_round.broken(box, request.node)
        if told.wanted:
            told(found.finding.remedy)
        yield found
    finally:
        if its_round.is_last(request.node):
            its_round.end()
