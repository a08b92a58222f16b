"""Every fault that a remedy is printed for is put into a box: the remedy shows it, and mends it.

``./icebox test -e drill``; a part of them, in seconds, is tests/integration/remedies.
"""

import pytest

from tests.drill.drill import Drill
from tests.drill.drills import DRILLS
from tests.drill.place import Place, a_place, hold

pytestmark = pytest.mark.root
held_on = a_place()


@pytest.mark.parametrize("drill", DRILLS, ids=str)
def test_remedy(held_on: Place, drill: Drill) -> None:
    hold(held_on, drill)
