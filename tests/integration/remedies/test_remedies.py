"""Remedies that are tried with each run of the tests; all of them are in tests/drill."""

import pytest

from tests.drill.drill import Drill
from tests.drill.drills import DRILLS
from tests.drill.place import Place, a_place, hold

held_on = a_place()


@pytest.mark.parametrize("drill", [drill for drill in DRILLS if drill.quick], ids=str)
def test_remedy(held_on: Place, drill: Drill) -> None:
    hold(held_on, drill)
