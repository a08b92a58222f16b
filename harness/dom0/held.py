"""A dom0 that is held by one process of this machine, and ends with it.

``holder.sh`` is init of a process namespace and owns a mount namespace.  libvirtd, the nodes and the outside
live in it, so its death ends them all: no clean-up can miss a process or a mount.  Whether it has a network
of its own, a kind says; what remains on the host are directories and control groups, in the ledger.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shlex
import subprocess
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar, TypeVar

from harness import process, state
from harness.deadline import wait_for
from harness.dom0 import apparmor, cgroup, layers, pace, preflight, walls, xen
from harness.dom0 import shelf as shelves
from harness.dom0.dom0 import DISKS, IDENTITIES, Disk, Dom0
from harness.dom0.hostnet import HostNetwork
from harness.dom0.identities import HOSTS_OWN
from harness.dom0.listeners import listeners
from harness.dom0.namespace import JOIN, Beside, Joining, Namespace, entering
from harness.dom0.place import Place
from harness.dom0.rundirectory import exchange, refuse_stranger, run_dir
from harness.dom0.walls import Wall
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger, Undo
from harness.site import Site
from harness.undo import remove_directory

H = TypeVar("H", bound="HeldDom0")
SCRIPT = Path(cgroup.__file__).with_name("holder.sh")
LOG = "holder.log"
"""In the run directory of the box: what the holder says."""
STARTING = 60.0
"""Seconds until the namespaces stand; it takes 0.1 on an idle machine."""
RARELY = 10
"""Looks whether something stands, for one whether it died instead."""
MAPPED = "/mnt/mapped"
"""Below it, layers are mounted that show with other numbers."""


def undo_holder(entry: Entry) -> None:
    """End all processes of such a dom0."""
    process.end_marked(entry.details.get("box", ""), entry.key)


def _within(entry: Entry) -> Callable[[list[str]], list[str]]:
    """How a command is run in the namespaces of such a dom0, if it stands."""
    box, token = entry.details.get("box", ""), entry.key
    with contextlib.suppress(OSError, ValueError):
        pid = int((run_dir(box) / "ground").read_text())
        if process.bears(pid, box, token):
            return lambda words: entering(pid, words)
    return list


@dataclass(frozen=True)
class HeldDom0(Namespace, Dom0):
    """A dom0 by its first process ``pid``; ``token`` marks its processes, and names its control groups."""

    HELD: ClassVar[Mapping[str, Undo]] = {
        "directory": remove_directory,
        apparmor.KIND: apparmor.undo,
        "cgroup": lambda entry: cgroup.remove(entry.key),
        xen.KIND: lambda entry: xen.undo(entry, _within(entry)),
    }
    """What a kind has in its ``UNDO`` beside its ``MARK``, which stands for the holder itself."""
    STORED: ClassVar[Mapping[str, Undo]] = shelves.UNDO
    SUSPENDS: ClassVar[bool] = True
    APART: ClassVar[Sequence[str]] = ()
    """Namespaces that it has beside those of every such dom0, as options of unshare(1)."""
    box: str
    token: str
    other: Namespace | None = None
    """The outside, once it is made."""
    spare: bool = False
    """Whether it is another one of the same box, which may take the place of the first."""

    @classmethod
    def missing_walls(cls) -> Sequence[Wall]:
        return walls.missing(state.home())

    @classmethod
    def check_room(cls, sharing: int) -> None:
        preflight.check_room(sharing)

    @classmethod
    def start(
        cls: type[H],
        box: str,
        ledger: Ledger,
        host: str = "",  # noqa: ARG003
        shelf: shelves.Shelf | None = None,
    ) -> H:
        """Make the namespaces; raises HostError or WaitError with the holder's own words."""
        shelves.claim(box, shelf, ledger)
        return cls._start(box, ledger, spare=False)

    @classmethod
    def start_spare(cls: type[H], box: str, ledger: Ledger) -> H:
        return cls._start(box, ledger, spare=True)

    @classmethod
    def take_place(cls, box: str) -> None:
        exchange(run_dir(box), run_dir(box, spare=True))

    @classmethod
    def _start(cls: type[H], box: str, ledger: Ledger, *, spare: bool) -> H:
        run = run_dir(box, spare=spare)
        refuse_stranger(run, ledger)
        if not spare:
            pace.forget(box)
        token = f"icebox-{box}.{secrets.token_hex(8)}"
        ledger.intend("directory", str(run))
        ledger.intend("cgroup", token)
        ledger.intend(cls.MARK, token, box=box)
        xen.note(token, box, ledger)
        run.mkdir(parents=True, mode=0o700, exist_ok=True)
        (run / "disks").write_text("".join(f"{path}\n" for path in shelves.directories(ledger)))
        for old in ("ground", "holder", "set-up"):
            (run / old).unlink(missing_ok=True)
        cgroup.create(token)
        apparmor.create(token, ledger)
        words = ["unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", *cls.APART]
        words += ["--propagation", "private"]
        words += ["--", str(SCRIPT), box, token, str(run), str(state.home()), str(run_dir(box))]
        _spawn_in_group(token, words, run / LOG)
        _await(box, token, run / "ground")
        return cls("dom0", int((run / "ground").read_text()), box, token, spare=spare)

    @classmethod
    def find(cls: type[H], box: str, ledger: Ledger) -> H | None:
        try:
            pid, inner = (int(word) for word in (run_dir(box) / "holder").read_text().split())
        except (FileNotFoundError, ValueError):
            return None
        tokens = (entry.key for entry in ledger.of_kind(cls.MARK))
        token = next((token for token in tokens if process.bears(pid, box, token)), "")
        outside = _host_number(pid, inner) if token else 0
        return cls("dom0", pid, box, token, Namespace("outside", outside)) if outside else None

    def set_up(self: H, disks: Sequence[Disk], site: Site) -> H:
        (self._run / "mounts.sh").write_text(mounts(disks, f"{self.directory}/{IDENTITIES}"))
        # A holder that is gone is found out by awaiting its work.
        with contextlib.suppress(OSError):
            pipe = os.open(self._run / "set-up", os.O_WRONLY | os.O_NONBLOCK)
            os.write(pipe, b"\n")
            os.close(pipe)
        _await(self.box, self.token, self._run / "holder")
        inner = (self._run / "holder").read_text().split()[1]
        whole = replace(self, other=Namespace("outside", _host_number(self.pid, int(inner))))
        whole.connect(inner, site)
        return whole

    @abstractmethod
    def connect(self, inner: str, site: Site) -> None:
        """Make the bridge, the way to the outside, which is its process ``inner``, and the packet filter."""

    def suspend(self) -> None:
        cgroup.freeze(self.token)

    def resume(self) -> None:
        cgroup.thaw(self.token)

    @property
    def suspended(self) -> bool:
        return cgroup.is_frozen(self.token)

    @property
    def stands(self) -> bool:
        """Whether its first process still runs."""
        return process.bears(self.pid, self.box, self.token)

    def tell_laptop(self) -> None:
        """Note down how another machine finds it, whose harness made it here."""
        note = self._run / "far"
        note.write_text(f"{self.token} {cgroup.entrance(self.token)} {state.home()}\n")

    @property
    def outside(self) -> Namespace:
        if self.other is None:
            raise HarnessError("the outside is not made yet", where=f"box {self.box}")
        return Beside(self.other.name, self.other.pid, self)

    def address_in_room(self, site: Site) -> IPv4Address | None:
        if self.ALONE and not site.expose:
            return None
        network = HostNetwork.read()
        return network.address_of(network.entrances(site.expose)[0])

    def met_by_laptops(self, kind: str) -> Collection[int]:
        return {each.port for each in listeners(kind) if each.is_met_at(None)}

    @property
    def directory(self) -> str:
        # A spare one sees its own there, too, and need not notice when it takes its place.
        return str(run_dir(self.box))

    @property
    def _run(self) -> Path:
        return run_dir(self.box, spare=self.spare)

    @property
    def files(self) -> str:
        return str(state.box_dir(self.box))

    @property
    def libvirt_uri(self) -> str:
        return f"lxc+unix:///system?socket={self._run}/libvirt/libvirt-sock"

    @property
    def partition(self) -> str:
        return self.token

    def disk(self, machine: str) -> str:
        return f"{DISKS}/{machine}"

    def spawn(self, place: Place, words: Sequence[str], log: str) -> None:
        """It joins the box's control group first: what libvirtd starts has its groups below that one."""
        _spawn_in_group(self.token, place.words(words), self._run / log)

    def lasting(self, place: Place) -> Place:
        assert isinstance(place, Namespace)
        return Joining(place.name, place.pid, self, str(cgroup.entrance(self.token)))

    def attend(self, words: Sequence[str], log: str) -> None:
        _spawn_in_group(self.token, words, self._run / log)

    def logs(self) -> Sequence[str]:
        return sorted(path.name for path in self._run.glob("*.log"))

    def log(self, name: str) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self._run / name).read_text(errors="replace")
        return ""


def mounts(disks: Sequence[Disk], note: str) -> str:
    """Shell text, to be run at the dom0, that lays each file system over its layers and notes whose it is."""
    identities = next((disk.identities for disk in disks if disk.identities.rows), HOSTS_OWN)
    words = ["lay", note, MAPPED, str(identities), *(_word(disk) for disk in disks if not disk.drives)]
    lay = [Place.python(Path(layers.__file__), *words)]
    drives = [(disk.drives.directory, disk.machine) for disk in disks if disk.drives]
    lay += [["ln", "-s", str(directory), f"{DISKS}/{machine}"] for directory, machine in drives]
    return "".join(f"{shlex.join(each)}\n" for each in lay)


def _word(disk: Disk) -> str:
    """A disk as ``layers.py`` takes it."""
    mapped = "mapped" if disk.identities.rows else ""
    places = (f"{DISKS}/{disk.machine}", disk.written, disk.homes or "", mapped, *disk.layers)
    return "\n".join(map(str, places))


def _await(box: str, token: str, awaited: Path) -> None:
    """Wait for a file of the holder's; raises HostError if it died instead."""
    log = awaited.with_name(LOG)
    dead = process.Steady(lambda: not any(process.marked(box, token)))
    looks = itertools.count(1)

    def ready_or_dead() -> str:
        if awaited.exists():
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


def _spawn_in_group(token: str, words: Sequence[str], log: Path) -> None:
    """Start ``words`` in a session of its own that is nobody's child; output to the file ``log``.

    A shell joins the dom0's control group before it becomes them.
    """
    join = [*JOIN, str(cgroup.entrance(token)), *words]
    script = 'exec </dev/null >>"$0" 2>&1; setsid "$@" &'
    subprocess.run(["sh", "-c", script, str(log), *join], check=True)


def _host_number(holder: int, inner: int) -> int:
    """Number on the host of the holder's child with number ``inner`` in the namespace; 0 if it is gone."""
    for pid in process.find_children(holder):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = (process.PROC / str(pid) / "status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if int(numbers[-1]) == inner:
                return pid
    return 0
