"""A box that stands still, goes on, and goes back to a snapshot, as it is typed: whole commands.

By turns: to a snapshot from which a spare run was booted ahead, and the same where there is none, so that
the box boots; and the start of the same command line that only lists snapshots, which is in all of them.
"""

import os
import subprocess
import time

from bench.figure import Figure
from bench.session import Bench, Session
from harness.box import snapshot, spare, teardown
from harness.box.box import Box
from harness.deadline import wait_for
from harness.state import checkout

LIMIT = 1.0
"""Seconds of a way back, of the default box on a machine that does nothing else."""
AHEAD = 120.0
"""Seconds until a spare run stands still; three on an idle machine."""
NAME = "bench"


def measure(session: Session) -> list[Figure]:
    """One box for all of it."""
    with session.box() as (box, _):
        snapshots = [_typed(box, "snapshot", f"{NAME}{number}") for number in range(session.runs)]
        rounds = [_round(box, f"{NAME}0") for _ in range(session.runs)]
    ahead, booted, suspended, resumed, listed = (tuple(samples) for samples in zip(*rounds, strict=True))
    return [
        Figure("state.revert", "revert to a snapshot, booted ahead", "s", ahead, LIMIT),
        Figure("state.boot", "the same where the box boots", "s", booted),
        Figure("state.snapshot", "snapshot of a box that is up", "s", tuple(snapshots)),
        Figure("state.suspend", "suspend", "s", suspended),
        Figure("state.resume", "resume, until all services answer", "s", resumed),
        Figure("state.list", "list snapshots: the command line alone", "s", listed),
    ]


def _round(box: Box, name: str) -> list[float]:
    _without_spare(box)
    booted = _typed(box, "revert", name)
    wanted = snapshot.named(box.files, name)
    wait_for("a spare run to stand still", lambda: spare.is_ready(box.ledger, wanted), AHEAD)
    ahead = _typed(box, "revert", name)
    return [ahead, booted, _typed(box, "suspend"), _typed(box, "resume"), _typed(box, "snapshots")]


def _without_spare(box: Box) -> None:
    with box.ledger.locked(teardown.PATIENCE):
        spare.drop(box)


def _typed(box: Box, *words: str) -> float:
    """Seconds of a command, with all that Python takes to start."""
    started = time.perf_counter()
    typed = [str(checkout() / "icebox"), "--no-install", words[0], "--box", box.name, *words[1:]]
    subprocess.run(typed, check=True, capture_output=True, env=os.environ | {"CI": "1"})
    return time.perf_counter() - started


BENCH = Bench("state", "a box that stands still, goes on and goes back", measure)
