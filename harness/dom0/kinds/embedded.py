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
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar

from harness import process, state
from harness.deadline import wait_for
from harness.dom0 import cgroup, preflight
from harness.dom0 import uplink as cable
from harness.dom0.dom0 import Disk, Dom0
from harness.dom0.namespace import Namespace
from harness.dom0.place import Place
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger, Undo
from harness.site import Bridge
from harness.undo import remove_directory

SCRIPT = Path(cgroup.__file__).with_name("holder.sh")
LOG = "holder.log"
"""In the run directory of the box: what the holder says."""
STARTING = 60.0
"""Seconds until the namespaces stand; it takes 0.1 on an idle machine."""
DISKS = "/mnt/nodes"
"""Below it the machines' file systems are mounted, as the dom0 sees it."""


def run_dir(box: str) -> Path:
    """Sockets, process numbers and logs of a running box; short, since the name of a socket has to be."""
    return Path("/run/icebox") / f"{box}{state.home_mark()}"


def _undo_holder(entry: Entry) -> None:
    process.end_marked(entry.details.get("box", ""), entry.key)


@dataclass(frozen=True)
class EmbeddedDom0(Namespace, Dom0):
    """A dom0 by its first process ``pid``; ``token`` marks its processes, and names its control groups."""

    UNDO: ClassVar[Mapping[str, Undo]] = {
        "holder": _undo_holder,
        "directory": remove_directory,
        "cgroup": lambda entry: cgroup.remove(entry.key),
    }
    MARK: ClassVar[str] = "holder"
    uplink: ClassVar[str] = cable.DEVICE
    far_end: ClassVar[str] = cable.FAR_END
    box: str
    token: str
    other: Namespace | None = None
    """The outside, once it is made."""

    @classmethod
    def check_host(cls, nodes: int) -> None:
        preflight.check(nodes)

    @classmethod
    def start(cls, box: str, ledger: Ledger) -> EmbeddedDom0:
        """Make the namespaces; raises HostError or WaitError with the holder's own words."""
        run = run_dir(box)
        _refuse_stranger(run, ledger)
        token = f"icebox-{box}.{secrets.token_hex(8)}"
        ledger.intend("directory", str(run))
        ledger.intend("cgroup", token)
        ledger.intend("holder", token, box=box)
        run.mkdir(parents=True, mode=0o700, exist_ok=True)
        for old in ("ground", "holder", "set-up"):
            (run / old).unlink(missing_ok=True)
        cgroup.create(token)
        words = ["unshare", "--pid", "--fork", "--mount", "--net", "--uts", "--ipc"]
        words += ["--propagation", "private"]
        words += ["--", str(SCRIPT), box, token, str(run), str(state.home())]
        _spawn_in_group(token, words, run / LOG)
        _await(box, token, "ground")
        return cls("dom0", int((run / "ground").read_text()), box, token)

    @classmethod
    def find(cls, box: str, ledger: Ledger) -> EmbeddedDom0 | None:
        token = next((entry.key for entry in ledger.of_kind(cls.MARK)), "")
        try:
            pid, inner = (int(word) for word in (run_dir(box) / "holder").read_text().split())
        except (FileNotFoundError, ValueError):
            return None
        outside = _host_number(pid, inner) if token and process.bears(pid, box, token) else 0
        return cls("dom0", pid, box, token, Namespace("outside", outside)) if outside else None

    def set_up(self, disks: Sequence[Disk], bridge: Bridge, public: IPv4Address) -> EmbeddedDom0:
        (self._run / "mounts.sh").write_text("".join(mounts(disks)))
        # A holder that is gone is found out by awaiting its work.
        with contextlib.suppress(OSError):
            pipe = os.open(self._run / "set-up", os.O_WRONLY | os.O_NONBLOCK)
            os.write(pipe, b"\n")
            os.close(pipe)
        _await(self.box, self.token, "holder")
        inner = (self._run / "holder").read_text().split()[1]
        outside = Namespace("outside", _host_number(self.pid, int(inner)))
        cable.lay(self, outside, inner, bridge, public)
        return replace(self, other=outside)

    def move(self, public: IPv4Address) -> None:
        cable.move(self, self.outside, public)

    @property
    def stands(self) -> bool:
        """Whether its first process still runs."""
        return process.bears(self.pid, self.box, self.token)

    @property
    def outside(self) -> Namespace:
        if self.other is None:
            raise HarnessError("the outside is not made yet", where=f"box {self.box}")
        return self.other

    @property
    def directory(self) -> str:
        return str(self._run)

    @property
    def _run(self) -> Path:
        return run_dir(self.box)

    @property
    def libvirt_uri(self) -> str:
        return f"lxc+unix:///system?socket={self._run}/libvirt/libvirt-sock"

    @property
    def partition(self) -> str:
        return self.token

    def disk(self, machine: str) -> str:
        return f"{DISKS}/{machine}"

    def seen(self, path: Path) -> str:
        return str(path)

    def spawn(self, place: Place, words: Sequence[str], log: str) -> None:
        """It joins the box's control group first: what libvirtd starts has its groups below that one."""
        _spawn_in_group(self.token, place.words(words), self._run / log)

    def logs(self) -> Sequence[str]:
        return sorted(path.name for path in self._run.glob("*.log"))

    def log(self, name: str) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self._run / name).read_text(errors="replace")
        return ""


KIND = EmbeddedDom0


def mounts(disks: Sequence[Disk]) -> Iterator[str]:
    """Shell text, to be run at the dom0, that lays each file system over its layers."""
    yield f"mkdir -p {DISKS}\n"
    for disk in disks:
        lower = ":".join(map(str, disk.layers))
        options = f"lowerdir={lower},upperdir={disk.written}/upper,workdir={disk.written}/work"
        target = f"{DISKS}/{disk.machine}"
        yield f"mkdir -p {target}\nmount -t overlay -o {shlex.quote(options)} overlay {target}\n"


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
            remedy="docs/ci.md tells what is wanted of a kernel: namespaces and overlays",
        )


def _spawn_in_group(token: str, words: Sequence[str], log: Path) -> None:
    """Start ``words`` in a session of its own that is nobody's child; output to the file ``log``.

    A shell joins the dom0's control group before it becomes them.
    """
    join = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(cgroup.entrance(token)), *words]
    script = 'exec </dev/null >>"$0" 2>&1; setsid "$@" &'
    subprocess.run(["sh", "-c", script, str(log), *join], check=True)


def _host_number(holder: int, inner: int) -> int:
    """Number on the host of the holder's child with number ``inner`` in the namespace; 0 if it is gone."""
    for pid in process.children(holder):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = (process.PROC / str(pid) / "status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if int(numbers[-1]) == inner:
                return pid
    return 0
