"""Every fault that a remedy is printed for is put into a box: the remedy shows it, and mends it.

``./icebox test -e drill``; a part of them, in seconds, is tests/integration/remedies.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.drill.drill import Drill
from tests.drill.drills import DRILLS
from tests.drill.place import Place, hold, place


@pytest.fixture(scope="module")
def held_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if os.geteuid() != 0:
        pytest.skip("boxes need root")
    with place(tmp_path_factory.mktemp("drill")) as found:
        yield found


@pytest.mark.parametrize("drill", DRILLS, ids=str)
def test_remedy(held_on: Place, drill: Drill) -> None:
    hold(held_on, drill)
