"""Remedies that are tried with each run of the tests; all of them are in tests/drill."""

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
    with place(tmp_path_factory.mktemp("remedies")) as found:
        yield found


@pytest.mark.parametrize("drill", [drill for drill in DRILLS if drill.quick], ids=str)
def test_remedy(held_on: Place, drill: Drill) -> None:
    hold(held_on, drill)
