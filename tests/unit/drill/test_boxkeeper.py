"""The drill's own boxes go when it ends, whatever another thread does with them."""

import threading
from types import SimpleNamespace

import pytest

from harness.diagnosis.finding import Findings
from harness.drill import boxkeeper
from harness.drill.boxkeeper import BoxKeeper
from harness.errors import HarnessError
from tests.unit.sites import SITE


def test_a_box_that_comes_up_while_the_drill_ends_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    removed: list[str] = []

    def start(*_: object) -> SimpleNamespace:
        begun.set()
        assert go_on.wait(20)
        return SimpleNamespace(close=lambda: None, pace=1.0)

    monkeypatch.setattr(boxkeeper.bringup, "start", start)
    monkeypatch.setattr(boxkeeper.teardown, "stop", lambda name, _console, destroy: removed.append(name))
    mine = BoxKeeper("mine", SITE, lambda _box: Findings(), own=True)
    trial, end = threading.Thread(target=mine.sound), threading.Thread(target=mine.close)
    trial.start()
    assert begun.wait(20)
    end.start()
    go_on.set()
    for each in (trial, end):
        each.join(20)
    assert removed == ["mine"]
    with pytest.raises(HarnessError, match="the drill has ended"):
        mine.sound()


def test_what_a_trial_saw_last_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []
    began: list[str] = []

    def look(box: object) -> Findings:
        looks.append(box)
        return Findings()

    def start(request: SimpleNamespace, _console: object) -> SimpleNamespace:
        began.append(request.name)
        return SimpleNamespace(close=lambda: None, pace=1.0)

    monkeypatch.setattr(boxkeeper.bringup, "start", start)
    monkeypatch.setattr(boxkeeper.teardown, "stop", lambda *_words, **_more: None)
    monkeypatch.setattr(boxkeeper.wayback, "keep", lambda _: False)
    mine = BoxKeeper("mine", SITE, look, own=True)
    box = mine.sound()
    mine.left(sound=True)
    assert (mine.sound(), len(looks)) == (box, 1)
    assert (mine.sound(), len(looks)) == (box, 2), "nothing is known of it after a trial that ended otherwise"
    mine.left(sound=False)
    assert mine.sound() is not box
    assert (len(began), len(looks)) == (2, 3)


@pytest.mark.parametrize("way", ["back", "no way", "back and not sound"])
def test_a_box_in_which_a_trial_left_a_mark_goes_back(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    began: list[object] = []
    went: list[object] = []

    def start(*_: object) -> SimpleNamespace:
        began.append(SimpleNamespace(close=lambda: None, pace=1.0))
        return began[-1]  # type: ignore[return-value]

    def back(box: object) -> bool:
        went.append(box)
        return way != "no way"

    monkeypatch.setattr(boxkeeper.bringup, "start", start)
    monkeypatch.setattr(boxkeeper.teardown, "stop", lambda *_words, **_more: None)
    monkeypatch.setattr(boxkeeper.wayback, "keep", lambda _: True)
    monkeypatch.setattr(boxkeeper.wayback, "back", back)
    ends = iter([True, way != "back and not sound", True, True, True])
    monkeypatch.setattr(boxkeeper, "is_sound", lambda *_: next(ends))
    mine = BoxKeeper("mine", SITE, lambda _box: Findings(), own=True)
    first = mine.sound()
    mine.left(sound=False)
    second = mine.sound()
    assert went == [first]
    assert (second is first, len(began)) == (way == "back", 1 if way == "back" else 2)
    mine.left(sound=False)
    assert mine.sound() is (second if way != "no way" else began[-1]), "what was kept is gone back to again"
