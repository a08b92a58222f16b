"""What there is of a box after a restart that failed."""

from types import SimpleNamespace

import pytest

from harness.box import restart
from harness.errors import HarnessError, WaitError


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
