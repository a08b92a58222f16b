"""Pauses between two looks at what is awaited."""

from itertools import islice

import pytest

from harness.deadline import SLOWER, pauses, wait_for


def test_looks_become_rarer_up_to_a_limit() -> None:
    found = list(islice(pauses(0.4, 2.0), 12))
    assert found[0] == 0.4
    assert found[1] == pytest.approx(0.4 * SLOWER)
    assert found == sorted(found)
    assert found[-1] == 2.0


def test_without_a_limit_they_stay() -> None:
    assert list(islice(pauses(0.05, 0.0), 5)) == [0.05] * 5


def test_a_first_pause_beyond_the_limit_stays() -> None:
    assert list(islice(pauses(3.0, 2.0), 3)) == [3.0] * 3


def test_the_first_look_may_come_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr("harness.deadline.time.sleep", done.append)

    def look() -> bool:
        done.append("look")
        return len(done) > 2

    assert wait_for("it", look, 60, pause=1.0, longest=4.0, at_once=False)
    assert done == [1.0, "look", pytest.approx(SLOWER), "look"]
