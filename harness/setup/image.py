"""The step that builds the base layer of the nodes' image, beside the installation of everything else.

Only for commands that bring up a box; the role layers take milliseconds and are made when they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.image import base
from harness.image.base import Base
from harness.setup.shell import Shell
from harness.setup.step import Step

SPACE = base.NEEDED
NAME = "image"


def step() -> Step:
    """Needs mmdebstrap, which comes with the Debian packages."""
    wanted = base.wanted()
    return Step(
        NAME,
        "base layer of the image",
        lambda: wanted.built,
        lambda: (
            f"Debian {base.SUITE} with {len(base.listed())} packages and what they need,"
            f" below {wanted.top.parent}"
        ),
        lambda shell: _build(wanted, shell),
        after=("debian",),
        space=SPACE,
    )


def _build(wanted: Base, shell: Shell) -> None:
    def install(words: list[str], environment: Mapping[str, str], _log: Path) -> None:
        # The set-up's own shell, so that Ctrl-C ends it with the other installers.
        shell.run(NAME, words, env=environment)

    with base.building(lambda: None) as ledger:
        base.build(wanted, ledger, install)
