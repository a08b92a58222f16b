"""A dom0 on another machine, which is reached by ssh alone: the same as an embedded one, held there.

What has to be done there is done by the harness itself, which is sent along, runs there and leaves with its
process (``harness/dom0/sent.py``).  All that it makes stands in the journal of that machine, which an icebox
there reads as its own; this machine's journal says that there is such a box.  A connection that is lost says
nothing of the box: it goes on, and is found again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar

from harness import state
from harness.deadline import wait_for
from harness.dom0 import farholder, sent
from harness.dom0 import pace as speed
from harness.dom0 import uplink as cable
from harness.dom0.disk import DISKS, IDENTITIES, Disk, mounts
from harness.dom0.dom0 import Dom0, Wanted
from harness.dom0.farholder import FarHolder
from harness.dom0.holder import STARTING
from harness.dom0.namespace import Inside, entering
from harness.dom0.place import Ended, Place
from harness.dom0.rundirectory import run_dir
from harness.dom0.shelf import Shelf
from harness.dom0.sshhost import SshHost, configured
from harness.errors import HarnessError, HostError, LostError, UnreachableError
from harness.ledger import Entry, Ledger, Undo
from harness.site import Site
from harness.undo import remove_directory

LOOKED = 1.0
"""Seconds for which a look at whether it stands is good; at a slow dom0 a look takes longer than that."""
SPAWN = 'log=$1; shift; exec </dev/null >>"$log" 2>&1; setsid sh -c \'echo $$ > "$0" && exec "$@"\' "$@" &'
WIRE = """\
#!/usr/bin/python3 -IS
# What libvirt takes for netcat at the dom0: "-U SOCKET" connects the standard streams to it.
import os, socket, sys, threading
if sys.argv[1:2] != ["-U"]:
    sys.exit("-U SOCKET is all that it knows")
wire = socket.socket(socket.AF_UNIX)
wire.connect(sys.argv[2])
def back():
    while data := wire.recv(65536):
        while data:
            data = data[os.write(1, data):]
    os._exit(0)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536):
    wire.sendall(data)
"""


def _host(entry: Entry, directory: Path | None = None) -> SshHost:
    return SshHost(
        entry.key, directory, entry.details.get("config", ""), speed.noted(entry.details.get("box", ""))
    )


def _end_run(entry: Entry) -> None:
    sent.do(_host(entry), "stop", box=entry.details["box"], laptop=entry.details["laptop"])


def _destroy(entry: Entry) -> None:
    sent.do(_host(entry), "destroy", box=entry.details["box"], laptop=entry.details["laptop"])


class RemoteDom0(Dom0):
    """A dom0 at the other end of an ssh connection."""

    MARK: ClassVar[str] = "remote"
    UNDO: ClassVar[Mapping[str, Undo]] = {MARK: _end_run, "directory": remove_directory}
    STORED: ClassVar[Mapping[str, Undo]] = {"remote-data": _destroy}
    OPTIONS: ClassVar[frozenset[str]] = frozenset({"host"})
    ALONE: ClassVar[bool] = True
    HERE: ClassVar[bool] = False
    SUSPENDS: ClassVar[bool] = True
    DISTANCE: ClassVar[float] = 8.0
    far_end: ClassVar[str] = cable.FAR_END

    def __init__(self, box: str, host: SshHost, there: FarHolder) -> None:
        self.name, self.box, self._host, self._there = "dom0", box, host, there
        self._looked, self._stood = time.monotonic(), True

    @classmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:
        if site is None:
            return
        host = SshHost(site.dom0_host)
        try:
            host.check()
            if nodes:
                sent.do(host, "check", nodes=nodes)
        except HostError as error:
            if "./icebox setup" in error.remedy:
                error.remedy = "apt-get install these packages there"
            raise
        except UnreachableError as error:
            raise HostError(error.what, where=error.where, why=error.why, remedy=error.remedy) from None

    @classmethod
    def check_machines(cls, site: Site, wanted: Sequence[Wanted], *, starting: bool) -> None:
        host = SshHost(site.dom0_host)
        for each in wanted:
            nodes = [
                {"name": node.name, "address": str(node.address), "role": node.role.value, "memory": memory}
                for node, memory in each.memory.items()
            ]
            words = {"driver": each.driver, "packages": each.packages, "nodes": nodes if starting else []}
            sent.do(host, "check_machines", domain=site.domain, **words)

    @classmethod
    def check_shelf(cls, site: Site, box: str, shelf: Shelf | None, ledger: Ledger) -> None:  # noqa: ARG003
        """Of a box whose machines have their drives in its own directory, that machine tells at the start."""
        if shelf:
            words = {"laptop": state.identity(), "shelf": shelf.words()}
            sent.do(SshHost(site.dom0_host), "check_shelf", box=box, **words)

    @classmethod
    def start(cls, box: str, ledger: Ledger, host: str = "", shelf: Shelf | None = None) -> RemoteDom0:
        laptop, config = state.identity(), configured()
        speed.forget(box)
        ledger.intend("remote-data", host, box=box, laptop=laptop, config=config)
        ledger.intend("directory", str(run_dir(box)))
        mark = ledger.intend(cls.MARK, host, box=box, laptop=laptop, config=config)
        reached = _reached(mark)
        speed.note(box, reached.pace)
        accounts = next((entry.key for entry in ledger.of_kind("accounts")), "")
        words = {"laptop": laptop, "accounts": accounts, "shelf": shelf and shelf.words()}
        sent.do(reached, "start", box=box, **words)
        there = farholder.look(box, reached, "ground")
        if there is None:
            raise HostError(
                "the dom0 died as soon as it stood", where=reached.name, why=f"see {farholder.directory(box)}"
            )
        reached.put(str(_wire(box, there)), WIRE.encode(), 0o700)
        return cls(box, reached, there)

    @classmethod
    def find(cls, box: str, ledger: Ledger) -> RemoteDom0 | None:
        for entry in ledger.of_kind(cls.MARK):
            host = _reached(entry)
            try:
                there = farholder.look(box, host, "holder")
            except LostError as lost:
                raise UnreachableError(
                    lost.what, where=lost.where, why=lost.why, remedy=lost.remedy
                ) from None
            if there is not None:
                if speed.noted(box) is None:
                    speed.note(box, host.pace)
                return cls(box, host, there)
        return None

    def set_up(self, disks: Sequence[Disk], site: Site) -> RemoteDom0:
        moved = sent.disks(self._host, self.box, disks, self._there.home)
        note = f"{self.directory}/{IDENTITIES}"
        self._host.put(f"{self.directory}/mounts.sh", mounts(moved, note).encode(), 0o600)
        self._host.quietly("sh", "-c", f"echo > {self.directory}/set-up")
        there = wait_for(
            "the outside to stand",
            lambda: farholder.look(self.box, self._host, "holder"),
            self.longer(STARTING),
            where=f"{self._host.name}: {self.directory}/holder.log",
        )
        whole = RemoteDom0(self.box, self._host, there)
        cable.lay(whole, whole.outside, str(there.inner), site)
        return whole

    @classmethod
    def rules(cls, site: Site) -> str:
        return cable.rules(site)

    def move(self, public: IPv4Address) -> None:
        cable.move(self, self.outside, public)

    def suspend(self) -> None:
        try:
            self._freeze(still=True)
        except BaseException:
            with suppress(LostError, UnreachableError):
                self._freeze(still=False)
            raise

    def resume(self) -> None:
        self._freeze(still=False)

    def _freeze(self, *, still: bool) -> None:
        farholder.freeze(self._host, self._there, still=still)
        self._there = replace(self._there, still=still)

    @property
    def suspended(self) -> bool:
        """As it was when it was looked for, or told to."""
        return self._there.still

    def words(self, command: Sequence[str]) -> list[str]:
        return self._host.words(entering(self._there.number, command))

    def bounded(self, command: Sequence[str], seconds: float) -> list[str]:
        return self._host.bounded(command, seconds)

    def judged(self, ended: Ended) -> Ended:
        return self._host.judged(ended)

    @property
    def pace(self) -> float:
        return self._host.pace

    def reach(self) -> None:
        self._host.check()

    @classmethod
    def afar(cls, ledger: Ledger, what: str, seconds: float = 0.0, **words: object) -> object:
        [entry] = ledger.of_kind("remote-data")
        whose = {"box": entry.details["box"], "laptop": entry.details["laptop"]}
        return sent.do(_host(entry), what, sent.DOING + seconds, **whose, **words)

    @property
    def stands(self) -> bool:
        """As it was a moment ago; of one that can't be asked nobody knows that it fell."""
        if time.monotonic() - self._looked > self.longer(LOOKED):
            try:
                self._stood = farholder.look(self.box, self._host, "holder") == self._there
            except (LostError, UnreachableError):
                return True
            self._looked = time.monotonic()
        return self._stood

    @property
    def outside(self) -> Place:
        if not self._there.inner:
            raise HarnessError("the outside is not made yet", where=f"box {self.box}")
        return Inside("outside", self, self._there.inner)

    @property
    def directory(self) -> str:
        return farholder.directory(self.box)

    @property
    def files(self) -> str:
        return str(_files(self.box, self._there))

    @property
    def partition(self) -> str:
        return self._there.token

    def disk(self, machine: str) -> str:
        return f"{DISKS}/{machine}"

    def spawn(self, place: Place, words: Sequence[str], log: str) -> None:
        inner = entering(place.pid, words) if isinstance(place, Inside) else words
        inside = entering(self._there.number, inner)
        self._host.quietly(
            "sh", "-c", SPAWN, "spawn", f"{self.directory}/{log}", self._there.entrance, *inside
        )

    def logs(self) -> Sequence[str]:
        return self._host.quietly("sh", "-c", f"cd {self.directory} && ls | grep '[.]log$'").split()

    def log(self, name: str) -> str:
        return self._host.quietly("sh", "-c", 'cat "$1" 2>&1 || true', "cat", f"{self.directory}/{name}")

    @property
    def libvirt_uri(self) -> str:
        """By libvirt's own way over ssh, which is led through the connection that there is."""
        wire, socket = _wire(self.box, self._there), f"{self.directory}/libvirt/libvirt-sock"
        words = {"proxy": "netcat", "netcat": str(wire), "socket": socket}
        return self._host.libvirt_uri("lxc", state.box_dir(self.box), **words)


KIND = RemoteDom0


def _wire(box: str, there: FarHolder) -> Path:
    return _files(box, there) / "wire"


def _files(box: str, there: FarHolder) -> Path:
    return there.home / "boxes" / box


def _reached(entry: Entry) -> SshHost:
    """With sockets in the directory that a box has here; a boot of this machine empties the one above."""
    here = run_dir(entry.details["box"])
    here.mkdir(parents=True, mode=0o700, exist_ok=True)
    return _host(entry, here)
