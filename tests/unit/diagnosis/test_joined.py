"""Several problems of one link are one finding, which says what mends all of them."""

from harness.diagnosis.diagnose import _joined
from harness.diagnosis.fact import Seen
from harness.diagnosis.finding import Step

UP = [Step("xencenode", f"scontrol update partitionname={queue} state=UP") for queue in ("short", "long")]
CLOSED = [
    Seen(
        f"are closed: {step.line.split('=')[1]}", output=str(n), remedy=f"`{step.line}` on CE", steps=(step,)
    )
    for n, step in enumerate(UP)
]


def test_one_problem_is_told_as_it_is() -> None:
    assert _joined(CLOSED[:1]) == CLOSED[0]


def test_all_that_mends_them_is_told_and_typed_each_thing_once() -> None:
    found = _joined([*CLOSED, CLOSED[0]])
    assert found.remedy == "; ".join(each.remedy for each in CLOSED)
    assert list(found.steps) == UP
    assert found.output == "0\n1\n0"


def test_where_one_has_no_remedy_of_its_own_the_first_ones_counts() -> None:
    bare = Seen("are gone")
    assert _joined([CLOSED[0], bare]).remedy == CLOSED[0].remedy
    assert _joined([bare, CLOSED[0]]).remedy == ""
