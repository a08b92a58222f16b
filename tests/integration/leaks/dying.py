"""icebox that gets a signal at one moment: ``dying.py MOMENT SIGNAL WORDS...``.

In the place of a signal, PAUSE makes a file ``paused`` among the temporary ones and waits until it is gone.

Moments are places of the code, so that each run dies at the same one:
``intend:KIND``, ``intended:KIND``  around a line of the ledger; ``gone:KIND``, ``went:KIND`` likewise
``torn:KIND``                       half of the line is on disk
``begin:TITLE``, ``end:TITLE``      of a stage
``half:NAME``                       half of the entries of a directory NAME are removed
``node``                            the second node has been asked for
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness import cli
from harness.box.box import Box
from harness.console import Console, Stage
from harness.ledger import Ledger

MOMENT, ACTION = sys.argv[1:3]
BEFORE_AFTER = {"intend": ("intend", "intended"), "gone": ("gone", "went")}


def at(moment: str) -> None:
    if moment == MOMENT:
        act()


def act() -> None:
    if ACTION != "PAUSE":
        os.kill(os.getpid(), getattr(signal, ACTION))
        return
    paused = Path(tempfile.gettempdir()) / "paused"
    paused.touch()
    while paused.exists():
        time.sleep(0.02)


def watch_ledger() -> None:
    append = Ledger._append

    def watched(self: Ledger, line: Mapping[str, object]) -> None:
        before, after = BEFORE_AFTER[str(line["op"])]
        at(f"{before}:{line['kind']}")
        append(self, line)
        if f"torn:{line['kind']}" == MOMENT:
            os.truncate(self.path, self.path.stat().st_size - 20)
            act()
        at(f"{after}:{line['kind']}")

    Ledger._append = watched  # type: ignore[method-assign]


def watch_stages() -> None:
    begin, end = Console._begin, Console._end

    def beginning(self: Console, stage: Stage, announce: bool) -> None:
        begin(self, stage, announce)
        at(f"begin:{stage.title}")

    def ending(self: Console, stage: Stage, *, failed: bool) -> None:
        end(self, stage, failed=failed)
        at(f"end:{stage.title}")

    Console._begin, Console._end = beginning, ending  # type: ignore[method-assign]


def watch_removals() -> None:
    rmtree: Callable[..., None] = shutil.rmtree

    def removing(path: Any, *words: Any, **more: Any) -> None:
        if f"half:{os.path.basename(path)}" == MOMENT:
            names = sorted(os.listdir(path))
            for name in names[: len(names) // 2]:
                inner = os.path.join(path, name)
                rmtree(inner) if os.path.isdir(inner) else os.unlink(inner)
            act()
        rmtree(path, *words, **more)

    shutil.rmtree = removing  # type: ignore[assignment]


def watch_nodes() -> None:
    create, asked = Box.create_node, []

    def creating(self: Box, node: Any) -> None:
        asked.append(node)
        if len(asked) == 2:
            at("node")
        create(self, node)

    Box.create_node = creating  # type: ignore[method-assign]


if __name__ == "__main__":
    for watch in (watch_ledger, watch_stages, watch_removals, watch_nodes):
        watch()
    sys.exit(cli.main(sys.argv[3:]))
