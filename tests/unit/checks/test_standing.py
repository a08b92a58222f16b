"""What becomes of the checks after a restart that failed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.box import restart
from harness.box.box import Box
from harness.checks.standing import expect_standing
from harness.errors import CheckFailed, HarnessError, WaitError


def check(identifier: str):
    mark = pytest.mark.check(identifier, role="box", title="x").mark
    return SimpleNamespace(nodeid="x", get_closest_marker=lambda name: mark)


def box(*, stands: bool, down: tuple[str, ...] = ()) -> Box:
    return SimpleNamespace(  # type: ignore[return-value]
        name="school",
        dom0=SimpleNamespace(stands=stands),
        site=SimpleNamespace(nodes=("ce", "wn")),
        down=lambda: list(down),
    )


@pytest.mark.parametrize(
    ("found", "told", "what"),
    [
        (box(stands=False), "BOX-1", "the box school is down"),
        (box(stands=True, down=("ce",)), "BOX-2", "ce is down"),
        (box(stands=True, down=("ce", "wn")), "BOX-2", "ce and wn are down"),
    ],
)
def test_what_follows_is_blocked_and_one_check_tells(found: Box, told: str, what: str) -> None:
    with pytest.raises(pytest.skip.Exception, match=f"^blocked by {told}: {what}$"):
        expect_standing(found, check("DNS-2"), nodes=True)
    with pytest.raises(CheckFailed, match=what) as caught:
        expect_standing(found, check(told), nodes=True)
    assert "./icebox start --box school" in caught.value.remedy


def test_a_sound_box_blocks_none() -> None:
    expect_standing(box(stands=True), check("DNS-2"), nodes=True)
    expect_standing(box(stands=True, down=("ce",)), check("CE-1"), nodes=False)


class Fake:
    """A fake box: whether it stands, how many of its nodes run, and what each try to start it raises."""

    def __init__(self, *tries: Exception | None, left: int = 0) -> None:
        self.tries, self.left, self.running, self.name = list(tries), left, 0, "school"
        self.site = SimpleNamespace(nodes=("ce",))

    def down(self) -> list[str]:
        return [] if self.running else ["ce"]

    def start(self, _: object) -> None:
        error = self.tries.pop(0)
        self.running = self.left if error else 1
        if error:
            raise error

    def end(self, _: object) -> None:
        self.running = 0


@pytest.mark.parametrize(
    ("fake", "words", "running"),
    [
        (Fake(WaitError("slow"), left=1), "the nodes that came up are left running", 1),
        (Fake(HarnessError("no bridge"), None), "it came up when it was tried once more", 1),
        (Fake(HarnessError("no"), HarnessError("no")), "`./icebox start --box school` says why", 0),
        (Fake(OSError("no"), OSError("no")), "the box is down", 0),
    ],
)
def test_a_restart_that_fails_leaves_a_box_or_says_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, fake: Fake, words: str, running: int
) -> None:
    monkeypatch.setattr(restart, "_start", fake.start)
    monkeypatch.setattr(restart, "_end", fake.end)
    with pytest.raises((HarnessError, OSError)) as caught:
        fake.start(None)
    restart._say(caught.value, restart._what_is_left(fake))
    told = getattr(caught.value, "remedy", "") or " ".join(getattr(caught.value, "__notes__", ()))
    assert words in told
    assert fake.running == running
