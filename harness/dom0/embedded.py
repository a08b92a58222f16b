"""The embedded dom0: namespaces of this machine that nothing outside them can notice.

One process, ``holder.sh``, is init of a process namespace and owns a network and a mount namespace.  libvirtd, the
nodes and the outside live in it, so its death ends them all: no clean-up can miss a process, a mount, an interface or
a packet filter.  What remains on the host are directories and control groups, and those are in the ledger.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import state
from harness.deadline import wait_for
from harness.dom0 import cgroup, process
from harness.dom0.namespace import Namespace, detach
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger, Undo

SCRIPT = Path(__file__).with_name("holder.sh")
STARTING = 60.0
"""Seconds until the namespaces stand; it takes 0.1 on an idle machine."""


def run_dir(box: str) -> Path:
    """Sockets, process numbers and logs of a running box."""
    return Path("/run/icebox") / box


@dataclass(frozen=True)
class EmbeddedDom0:
    """A dom0 that stands: its own place, and the outside."""

    box: str
    place: Namespace
    outside: Namespace

    @property
    def run(self) -> Path:
        return run_dir(self.box)

    @property
    def socket(self) -> Path:
        """libvirtd's socket."""
        return self.run / "libvirt" / "libvirt-sock"

    @property
    def libvirt_uri(self) -> str:
        return f"lxc+unix:///system?socket={self.socket}"

    def spawn(self, place: Namespace, words: Sequence[str], log: str) -> None:
        """Start a daemon in ``place`` that lives as long as the box does; output to ``log`` in the run directory.

        It joins the box's control group first: what libvirtd starts has its groups below that one.
        """
        _spawn_in_group(cgroup.own(self.box), place.prefix() + list(words), self.run / log)

    @staticmethod
    def mount_point(node: str) -> str:
        """Where the file system of a node is mounted, as the dom0 sees it."""
        return f"/mnt/nodes/{node}"


def start(box: str, ledger: Ledger, mounts: str) -> EmbeddedDom0:
    """Make the namespaces; ``mounts`` is shell text that lays the file systems of nodes and outside.

    Raises HostError or HarnessError with the holder's own words.
    """
    run = run_dir(box)
    own = cgroup.own(box)
    ledger.intend("directory", str(run))
    ledger.intend("cgroup", box, machine="keep" if cgroup.had_machine() else "remove")
    token = f"icebox-{secrets.token_hex(8)}"
    holder = ledger.intend("holder", token)
    run.mkdir(parents=True, mode=0o700, exist_ok=True)
    (run / "holder").unlink(missing_ok=True)
    (run / "mounts.sh").write_text(mounts)
    own.mkdir(exist_ok=True)
    _spawn(box, holder.key, run, own)
    return attach(box, ledger)


def _spawn(box: str, token: str, run: Path, group: Path) -> None:
    log = run / "holder.log"
    words = ["unshare", "--pid", "--fork", "--mount", "--net", "--uts", "--ipc", "--propagation", "private"]
    words += ["--", str(SCRIPT), box, token, str(run), str(state.home())]
    _spawn_in_group(group, words, log)

    def ready_or_dead() -> str:
        if (run / "holder").exists():
            return "ready"
        return "" if any(process.with_token(token)) else "dead"

    if wait_for("the embedded dom0 to stand", ready_or_dead, STARTING, where=str(log), pause=0.01) == "dead":
        raise HostError(
            "the embedded dom0 could not be made",
            where=str(log),
            why=log.read_text(errors="replace").strip() or "its first process died without a word",
            remedy="namespaces and overlay mounts need root and a kernel that has them; see docs/trainer.md",
        )


def _spawn_in_group(group: Path, words: Sequence[str], log: Path) -> None:
    """Start ``words`` detached; a shell joins the group before it becomes them."""
    detach(["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(group), *words], str(log))


def attach(box: str, ledger: Ledger) -> EmbeddedDom0:
    """The dom0 of a box that is up; raises HarnessError if it is not."""
    token = next((entry.key for entry in ledger.open_entries() if entry.kind == "holder"), "")
    marker = run_dir(box) / "holder"
    if token and marker.exists():
        pid, inner_outside = (int(word) for word in marker.read_text().split())
        if token.encode() in process.words(pid):
            outside = _host_number(pid, inner_outside)
            return EmbeddedDom0(
                box, Namespace("dom0", pid), Namespace("outside", outside, chrooted=True)
            )
    raise HarnessError(
        f"the box {box!r} is not up",
        why="its dom0 is not running",
        remedy=f"./icebox start --box {box}",
    )


def is_up(box: str, ledger: Ledger) -> bool:
    try:
        attach(box, ledger)
    except HarnessError:
        return False
    return True


def _host_number(holder: int, inner: int) -> int:
    """Number on the host of the holder's child that has number ``inner`` in the namespace."""
    for pid in process.children(holder):
        status = (process.PROC / str(pid) / "status").read_text()
        numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
        if int(numbers[-1]) == inner:
            return pid
    raise HarnessError("the outside is gone", where="embedded dom0", remedy="./icebox stop, then start again")


def _undo_holder(entry: Entry) -> None:
    process.end_with_token(entry.key)


def remove_directory(entry: Entry) -> None:
    """Remove a directory tree that the ledger owns."""
    if os.path.isdir(entry.key):
        shutil.rmtree(entry.key)


UNDO: Mapping[str, Undo] = {
    "holder": _undo_holder,
    "directory": remove_directory,
    "cgroup": lambda entry: cgroup.remove(entry.key, machine=entry.details.get("machine") == "remove"),
}
"""How each kind of resource of an embedded box is removed."""
