"""A kind of dom0 for tests: a machine that is reached by ssh alone, and pytest's plugin that registers it.

The machine is rented: it stands already, and what ``rig.py`` writes into the file ``$ICEBOX_TEST_RIG`` tells
how it is reached.  Whatever is done there goes through OpenSSH's client.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar

from harness.deadline import wait_for
from harness.dom0 import uplink as cable
from harness.dom0.dom0 import IDENTITIES, Disk, Dom0
from harness.dom0.held import mounts
from harness.dom0.kinds import KINDS
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.dom0.namespace import Inside, entering
from harness.dom0.place import Place
from harness.errors import HarnessError, HostError
from harness.ledger import Entry, Ledger, Undo
from harness.site import Site
from tests.integration.dom0.rig import Rig

NAME = "ssh"
MAKING = 60.0
"""Seconds for the outside; it takes 0.2 on an idle machine."""
FORWARD = """\
import os, socket, sys, threading
wire = socket.socket(socket.AF_UNIX)
wire.connect(sys.argv[1])
def back():
    while data := wire.recv(65536):
        while data:
            data = data[os.write(1, data):]
    os._exit(0)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536):
    wire.sendall(data)
"""
"""Connects standard input and output to a socket of that machine's file system."""


def _give_back(entry: Entry) -> None:
    """Have the machine wiped: it ends, and all that ran on it."""
    Ledger(entry.key).replay(EmbeddedDom0.UNDO, frozenset(EmbeddedDom0.UNDO))


class SshDom0(Dom0):
    """The rented machine, and another one beyond it."""

    UNDO: ClassVar[Mapping[str, Undo]] = {"rented": _give_back}
    MARK = "rented"
    far_end = cable.FAR_END

    def __init__(self, box: str, beyond: Place | None = None) -> None:
        self.name, self.box, self._rig, self._beyond = "dom0", box, Rig.read(), beyond

    @classmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:  # noqa: ARG003
        if not cls("").run(["nft", "--version"]).ok:
            raise HostError("no dom0 answers by ssh", where=Rig.read().config)

    @classmethod
    def start(cls, box: str, ledger: Ledger) -> SshDom0:
        made = cls(box)
        ledger.intend("rented", made._rig.ledger)
        made.run(["mkdir", "-m", "700", made.directory]).check()
        return made

    @classmethod
    def find(cls, box: str, ledger: Ledger) -> SshDom0 | None:  # noqa: ARG003
        made = cls(box)
        inner = made._outside() if made.stands else ""
        return cls(box, made._place(inner)) if inner else None

    def set_up(self, disks: Sequence[Disk], site: Site) -> SshDom0:
        self.put(f"{self._rig.waiting}/mounts.sh", mounts(disks, f"{self.directory}/{IDENTITIES}").encode())
        self.run(f"echo > {self._rig.waiting}/set-up").check()
        inner = wait_for("the outside to stand", self._outside, MAKING, where=self.name)
        whole = SshDom0(self.box, self._place(inner))
        cable.lay(whole, whole.outside, inner, site)
        return whole

    def move(self, public: IPv4Address) -> None:
        cable.move(self, self.outside, public)

    def words(self, command: Sequence[str]) -> list[str]:
        return ["ssh", "-F", self._rig.config, "dom0", shlex.join(command)]

    @property
    def stands(self) -> bool:
        return Path(self._rig.control).exists()

    @property
    def outside(self) -> Place:
        if self._beyond is None:
            raise HarnessError("the outside is not made yet", where=f"box {self.box}")
        return self._beyond

    def _outside(self) -> str:
        """The number, there, of the process that is the outside; empty if there is none."""
        return self.run(f"read -r _ n < {self._rig.waiting}/holder && kill -0 $n && echo $n").stdout.strip()

    def _place(self, inner: str) -> Place:
        return Inside("outside", self, int(inner))

    @property
    def directory(self) -> str:
        return "/run/rented"

    @property
    def partition(self) -> str:
        return self._rig.group

    def disk(self, machine: str) -> str:
        return f"/mnt/nodes/{machine}"

    def spawn(self, place: Place, words: Sequence[str], log: str) -> None:
        inner = entering(place.pid, words) if isinstance(place, Inside) else words
        script = 'setsid "$@" </dev/null >>"$0" 2>&1 &'
        self.run(["sh", "-c", script, f"{self.directory}/{log}", *inner]).check()

    def logs(self) -> Sequence[str]:
        return self.run(f"cd {self.directory} && ls *.log").stdout.split()

    def log(self, name: str) -> str:
        return self.run(["cat", f"{self.directory}/{name}"]).stdout

    @property
    def libvirt_uri(self) -> str:
        return f"lxc+unix:///system?socket={self._forwarded}"

    @cached_property
    def _forwarded(self) -> Path:
        """A socket here that leads to libvirtd's there, as long as this process lives."""
        socket_there = f"{self.directory}/libvirt/libvirt-sock"
        here = Path(f"{self._rig.control}.{os.getpid()}.{id(self)}")
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(here))
        server.listen()

        def serve() -> None:
            while True:
                client = server.accept()[0]
                words = self.words(["python3", "-c", FORWARD, socket_there])
                with client:
                    child = subprocess.Popen(words, stdin=client.fileno(), stdout=client.fileno())
                threading.Thread(target=child.wait, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return here


KINDS.register(NAME, SshDom0)
