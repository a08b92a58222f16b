"""A dom0 that is held by one process of this machine, and ends with it.

libvirtd, the nodes and the outside live in its namespaces (``holder.py``), so its death ends them all: no
clean-up can miss a process or a mount.  Whether it has a network of its own, a kind says; what remains on the
host are directories and control groups, in the ledger.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar, Self

from harness import process, state
from harness.dom0 import apparmor, cgroup, holder, pace, preflight, walls, xen
from harness.dom0 import shelf as shelves
from harness.dom0.disk import DISKS, IDENTITIES, Disk, mounts
from harness.dom0.dom0 import Dom0
from harness.dom0.hostnet import HostNetwork
from harness.dom0.listeners import listeners
from harness.dom0.namespace import Beside, Joining, Namespace
from harness.dom0.place import Place
from harness.dom0.rundirectory import exchange, refuse_stranger, run_dir
from harness.dom0.walls import Wall
from harness.errors import HarnessError
from harness.ledger import Ledger, Undo
from harness.site import Site
from harness.undo import remove_directory


@dataclass(frozen=True)
class HeldDom0(Namespace, Dom0):
    """A dom0 by its first process ``pid``; ``token`` marks its processes, and names its control groups."""

    HELD: ClassVar[Mapping[str, Undo]] = {
        "directory": remove_directory,
        apparmor.KIND: apparmor.undo,
        "cgroup": lambda entry: cgroup.remove(entry.key),
        xen.KIND: lambda entry: xen.undo(entry, holder.within(entry)),
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
        cls,
        box: str,
        ledger: Ledger,
        host: str = "",  # noqa: ARG003
        shelf: shelves.Shelf | None = None,
    ) -> Self:
        """Make the namespaces; raises HostError or WaitError with the holder's own words."""
        shelves.claim(box, shelf, ledger)
        return cls._start(box, ledger, spare=False)

    @classmethod
    def start_spare(cls, box: str, ledger: Ledger) -> Self:
        return cls._start(box, ledger, spare=True)

    @classmethod
    def take_place(cls, box: str) -> None:
        exchange(run_dir(box), run_dir(box, spare=True))

    @classmethod
    def _start(cls, box: str, ledger: Ledger, *, spare: bool) -> Self:
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
        return cls("dom0", holder.start(box, token, run, cls.APART), box, token, spare=spare)

    @classmethod
    def find(cls, box: str, ledger: Ledger) -> Self | None:
        try:
            pid, inner = (int(word) for word in (run_dir(box) / "holder").read_text().split())
        except (FileNotFoundError, ValueError):
            return None
        tokens = (entry.key for entry in ledger.of_kind(cls.MARK))
        token = next((token for token in tokens if process.bears(pid, box, token)), "")
        outside = holder.number_of(inner, pid) if token else 0
        return cls("dom0", pid, box, token, Namespace("outside", outside)) if outside else None

    def set_up(self, disks: Sequence[Disk], site: Site) -> Self:
        (self._run / "mounts.sh").write_text(mounts(disks, f"{self.directory}/{IDENTITIES}"))
        # A holder that is gone is found out by awaiting its work.
        with contextlib.suppress(OSError):
            pipe = os.open(self._run / "set-up", os.O_WRONLY | os.O_NONBLOCK)
            os.write(pipe, b"\n")
            os.close(pipe)
        inner = holder.awaited(self.box, self.token, self._run / "holder").split()[1]
        whole = replace(self, other=Namespace("outside", holder.number_of(int(inner), self.pid)))
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
        holder.spawn(self.token, place.words(words), self._run / log)

    def lasting(self, place: Place) -> Place:
        assert isinstance(place, Namespace)
        return Joining(place.name, place.pid, self, str(cgroup.entrance(self.token)))

    def attend(self, words: Sequence[str], log: str) -> None:
        holder.spawn(self.token, words, self._run / log)

    def logs(self) -> Sequence[str]:
        return sorted(path.name for path in self._run.glob("*.log"))

    def log(self, name: str) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self._run / name).read_text(errors="replace")
        return ""
