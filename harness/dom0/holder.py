"""The process of this machine that holds a dom0: its namespaces end with it, and all that lives in them.

``holder.sh`` is init of a process namespace and owns a mount namespace.  A token among its words marks it and
names the dom0's control groups; what it says of itself lies in the dom0's run directory.
"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from harness import process, state
from harness.deadline import wait_for
from harness.dom0 import cgroup
from harness.dom0.namespace import JOIN, entering
from harness.dom0.rundirectory import run_dir
from harness.errors import HostError
from harness.ledger import Entry

SCRIPT = Path(__file__).with_name("holder.sh")
LOG = "holder.log"
"""In the run directory of the box: what it says."""
STARTING = 60.0
"""Seconds until the namespaces stand; it takes 0.1 on an idle machine."""
RARELY = 10
"""Looks whether something stands, for one whether it died instead."""


def undo(entry: Entry) -> None:
    """End all processes of such a dom0."""
    process.end_marked(entry.details.get("box", ""), entry.key)


def within(entry: Entry) -> Callable[[list[str]], list[str]]:
    """How a command is run in the namespaces of such a dom0, if it stands."""
    box, token = entry.details.get("box", ""), entry.key
    with contextlib.suppress(OSError, ValueError):
        pid = int((run_dir(box) / "ground").read_text())
        if process.bears(pid, box, token):
            return lambda words: entering(pid, words)
    return list


def start(box: str, token: str, run: Path, apart: Sequence[str]) -> int:
    """Make the namespaces, those of ``apart`` among them, and wait until they stand; the first process.

    Raises HostError or WaitError.
    """
    words = ["unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", *apart, "--propagation", "private"]
    words += ["--", str(SCRIPT), box, token, str(run), str(state.home()), str(run_dir(box))]
    spawn(token, words, run / LOG)
    return int(awaited(box, token, run / "ground"))


def awaited(box: str, token: str, file: Path) -> str:
    """What it writes into a file, once that is there; raises HostError if it died instead."""
    log = file.with_name(LOG)
    dead = process.Steady(lambda: not any(process.marked(box, token)))
    looks = itertools.count(1)

    def ready_or_dead() -> str:
        if file.exists():
            return "ready"
        # A look at all processes of this machine may take as long as all that is awaited.
        return "dead" if next(looks) % RARELY == 0 and dead() else ""

    if wait_for("the dom0 to stand", ready_or_dead, STARTING, where=str(log), pause=0.01) == "dead":
        raise HostError(
            "the dom0 could not be made",
            where=str(log),
            why=log.read_text(errors="replace").strip() or "its first process died without a word",
            remedy="docs/ci.md tells what is wanted of a kernel: namespaces and overlays",
        )
    return file.read_text()


def spawn(token: str, words: Sequence[str], log: Path) -> None:
    """Start ``words`` in a session of its own that is nobody's child; output to the file ``log``.

    A shell joins the dom0's control group before it becomes them.
    """
    join = [*JOIN, str(cgroup.entrance(token)), *words]
    script = 'exec </dev/null >>"$0" 2>&1; setsid "$@" &'
    subprocess.run(["sh", "-c", script, str(log), *join], check=True)


def number_of(inner: int, holder: int) -> int:
    """Number on the host of the holder's child with number ``inner`` in the namespace; 0 if it is gone."""
    for pid in process.find_children(holder):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = (process.PROC / str(pid) / "status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if int(numbers[-1]) == inner:
                return pid
    return 0
