"""The embedded dom0: namespaces of this machine that nothing outside them can notice.

One process, ``holder.sh``, is init of a process namespace and owns a network and a mount namespace.
libvirtd, the nodes and the outside live in it, so its death ends them all: no clean-up can miss a process,
a mount, an interface or a packet filter.  What remains on the host are directories and control groups, and
those are in the ledger.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import process, state
from harness.deadline import wait_for
from harness.dom0 import cgroup
from harness.dom0.namespace import Namespace, detach
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger, Undo
from harness.undo import remove_directory

SCRIPT = Path(__file__).with_name("holder.sh")
LOG = "holder.log"
"""In the run directory of the box: what the holder says."""
STARTING = 60.0
"""Seconds until the namespaces stand; it takes 0.1 on an idle machine."""


def run_dir(box: str) -> Path:
    """Sockets, process numbers and logs of a running box; short, since the name of a socket has to be."""
    return Path("/run/icebox") / f"{box}{state.home_mark()}"


@dataclass(frozen=True)
class Ground:
    """What a dom0 stands on: its namespaces, in which libvirtd may run, but no node's file system yet."""

    box: str
    token: str
    """Marks its processes, and names its control groups."""
    place: Namespace

    @property
    def run(self) -> Path:
        return run_dir(self.box)

    @property
    def stands(self) -> bool:
        """Whether its first process still runs."""
        return process.bears(self.place.pid, self.box, self.token)

    @property
    def socket(self) -> Path:
        """libvirtd's socket."""
        return self.run / "libvirt" / "libvirt-sock"

    @property
    def libvirt_uri(self) -> str:
        return f"lxc+unix:///system?socket={self.socket}"

    def spawn(self, place: Namespace, words: Sequence[str], log: str) -> None:
        """Start a daemon in ``place`` that lives as long as the box; output to ``log`` in the run directory.

        It joins the box's control group first: what libvirtd starts has its groups below that one.
        """
        _spawn_in_group(self.token, place.prefix() + list(words), self.run / log)


@dataclass(frozen=True)
class EmbeddedDom0(Ground):
    """A dom0 that stands: its own place, the file systems of its nodes, and the outside."""

    outside: Namespace

    @staticmethod
    def mount_point(node: str) -> str:
        """Where the file system of a node is mounted, as the dom0 sees it."""
        return f"/mnt/nodes/{node}"


def start(box: str, ledger: Ledger) -> Ground:
    """Make the namespaces; raises HostError or WaitError with the holder's own words."""
    run = run_dir(box)
    _refuse_stranger(run, ledger)
    token = f"icebox-{box}.{secrets.token_hex(8)}"
    ledger.intend("directory", str(run))
    ledger.intend("cgroup", token)
    ledger.intend("holder", token, box=box)
    run.mkdir(parents=True, mode=0o700, exist_ok=True)
    for old in ("ground", "holder", "furnish"):
        (run / old).unlink(missing_ok=True)
    cgroup.create(token)
    words = ["unshare", "--pid", "--fork", "--mount", "--net", "--uts", "--ipc", "--propagation", "private"]
    words += ["--", str(SCRIPT), box, token, str(run), str(state.home())]
    _spawn_in_group(token, words, run / LOG)
    _await(box, token, "ground")
    return Ground(box, token, Namespace("dom0", int((run / "ground").read_text())))


def furnish(ground: Ground, ledger: Ledger, mounts: str) -> EmbeddedDom0:
    """Lay the file systems of nodes and outside, by the shell text ``mounts``, and make the outside.

    Raises HostError, HarnessError or WaitError with the holder's own words.
    """
    (ground.run / "mounts.sh").write_text(mounts)
    # A holder that is gone is found out by awaiting its work.
    with contextlib.suppress(OSError):
        pipe = os.open(ground.run / "furnish", os.O_WRONLY | os.O_NONBLOCK)
        os.write(pipe, b"\n")
        os.close(pipe)
    _await(ground.box, ground.token, "holder")
    return attach(ground.box, ledger)


def _refuse_stranger(run: Path, ledger: Ledger) -> None:
    if run.exists() and not any(entry.key == str(run) for entry in ledger.of_kind("directory")):
        raise HostError(
            "there is a directory that no box has made",
            where=str(run),
            why="the ledger does not know it, so it is left alone",
            remedy="move it away, or choose another name with --box NAME",
        )


def _await(box: str, token: str, file: str) -> None:
    """Wait for a file of the holder's; raises HostError if it died instead."""
    log = run_dir(box) / LOG
    dead = process.Steady(lambda: not any(process.marked(box, token)))

    def ready_or_dead() -> str:
        if (run_dir(box) / file).exists():
            return "ready"
        return "dead" if dead() else ""

    if wait_for("the embedded dom0 to stand", ready_or_dead, STARTING, where=str(log), pause=0.01) == "dead":
        raise HostError(
            "the embedded dom0 could not be made",
            where=str(log),
            why=log.read_text(errors="replace").strip() or "its first process died without a word",
            remedy="namespaces and overlay mounts need root and a kernel that has them; see docs/trainer.md",
        )


def _spawn_in_group(token: str, words: Sequence[str], log: Path) -> None:
    """Start ``words`` detached; a shell joins the dom0's control group before it becomes them."""
    join = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(cgroup.entrance(token))]
    detach([*join, *words], str(log))


def attach(box: str, ledger: Ledger) -> EmbeddedDom0:
    """The dom0 of a box that is up; raises HarnessError if it is not."""
    found = _find(box, ledger)
    if found is None:
        raise HarnessError(
            f"the box {box!r} is not up",
            why="its dom0 is not running",
            remedy=f"./icebox start --box {box}",
        )
    return found


def is_up(box: str, ledger: Ledger) -> bool:
    return _find(box, ledger) is not None


def _find(box: str, ledger: Ledger) -> EmbeddedDom0 | None:
    token = next((entry.key for entry in ledger.of_kind("holder")), "")
    try:
        pid, inner = (int(word) for word in (run_dir(box) / "holder").read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    outside = _host_number(pid, inner) if token and process.bears(pid, box, token) else 0
    if not outside:
        return None
    return EmbeddedDom0(box, token, Namespace("dom0", pid), Namespace("outside", outside))


def _host_number(holder: int, inner: int) -> int:
    """Number on the host of the holder's child with number ``inner`` in the namespace; 0 if it is gone."""
    for pid in process.children(holder):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = (process.PROC / str(pid) / "status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if int(numbers[-1]) == inner:
                return pid
    return 0


def _undo_holder(entry: Entry) -> None:
    process.end_marked(entry.details.get("box", ""), entry.key)


UNDO: Mapping[str, Undo] = {
    "holder": _undo_holder,
    "directory": remove_directory,
    "cgroup": lambda entry: cgroup.remove(entry.key),
}
"""How each kind of resource of an embedded box is removed."""
