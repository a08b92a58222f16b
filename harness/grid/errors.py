"""What a grid command printed was not what a student should see."""

from __future__ import annotations

from harness.errors import CheckFailed

TAIL = 12
"""Lines of output that an error repeats."""


class UnexpectedOutput(CheckFailed):
    """A command ended well, but printed something else than it has to."""

    def __init__(self, expected: str, text: str, remedy: str = "") -> None:
        shown = "\n       ".join(text.strip().splitlines()[-TAIL:])
        super().__init__(f"expected {expected}", why=shown or "nothing was printed", remedy=remedy)
