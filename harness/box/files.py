"""Where a box keeps its things below the state directory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from harness import durable, state, umask
from harness.site import Node, Site
from harness.sitefile import load

WRITTEN = re.compile(r"scratch|home[0-9]*")
"""Names below ``stored`` of what nodes write."""
SAVED = "saved"


@dataclass(frozen=True)
class BoxFiles:
    """The directory of one box; mode 0700, since it holds keys and what students store."""

    box: str

    @property
    def top(self) -> Path:
        return state.box_dir(self.box)

    @property
    def pki(self) -> Path:
        return self.top / "pki"

    @property
    def secrets(self) -> Path:
        return self.top / "secrets"

    def homes(self, ce: Node) -> Path:
        """/home of a CE and its WNs: what jobs of pool accounts write."""
        return self.stored / ("home" if ce.index == 1 else f"home{ce.index}")

    def layer(self, node: str) -> Path:
        """The site layer of a node."""
        return self.top / "site" / node

    def scratch(self, node: str) -> Path:
        """What a running node writes, kept over stop and start."""
        return self.stored / "scratch" / node

    def drives(self, node: str) -> Path:
        """A directory with the drives of a node that has a kernel of its own, some of them links."""
        return self.top / "drives" / node

    @property
    def volume(self) -> Path:
        """The file that all nodes' writes are in, if the box has a volume (``harness.box.volume``)."""
        return self.top / "volume.img"

    @property
    def stored(self) -> Path:
        """Where nodes write: the volume where it is mounted, or the box's own directory."""
        return self.top / "volume" if self.volume.exists() else self.top

    @property
    def written(self) -> list[Path]:
        """All that nodes have written, of every node and home; empty while a volume is not mounted."""
        found = self.stored.iterdir() if self.stored.is_dir() else ()
        return sorted(path for path in found if WRITTEN.fullmatch(path.name))

    @property
    def snapshots(self) -> Path:
        """Each snapshot is a directory there, also where the box has a volume."""
        return self.top / "snapshots"

    @property
    def saved(self) -> Path:
        """A file for each node with its memory, while it stands still and is saved; where nodes write."""
        return self.top / SAVED

    @property
    def handout(self) -> Path:
        """What is handed out to students, unless it was asked for elsewhere."""
        return self.top / "handout"

    def known_hosts(self, machine: str) -> Path:
        """The host key of a machine as OpenSSH's client reads it."""
        return self.top / f"known_hosts.{machine}"

    def make(self) -> None:
        """Make the directory, and close it and all boxes' to other accounts of the host.

        Nodes need no way through: what they see of it is mounted.
        """
        umask.ours()
        for directory in (self.top.parent, self.top):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)

    def keep_site(self, site: Site) -> None:
        """Keep the description, so that the box can be found again by its name alone."""
        self._description.mkdir(parents=True, exist_ok=True)
        kept: dict[str, str | bytes] = {
            "icebox.toml": site.path.read_bytes(),
            "ports.cfg": site.ports.path.read_bytes(),
            "base": f"{site.path.resolve().parent}\n",
            "machines": f"{site.machines}\n",
        }
        for name, content in kept.items():
            durable.write(self._description / name, content)

    def is_of(self, path: Path) -> bool:
        """Whether the site file ``path`` says what the one did that the box was started with."""
        return path.read_bytes() == (self._description / "icebox.toml").read_bytes()

    def site(self) -> Site:
        """The description the box was started with, at the public address it has now."""
        kept = load(self._description / "icebox.toml", ports=self._description / "ports.cfg")
        return kept.of_machines(self._machines).at(self.address())

    @property
    def _machines(self) -> str:
        path = self._description / "machines"
        return path.read_text().strip() if path.exists() else ""

    @property
    def base(self) -> Path:
        """Where relative paths of the description start: the directory its site file came from."""
        return Path((self._description / "base").read_text().strip())

    @property
    def _description(self) -> Path:
        return self.top / "description"

    def keep_address(self, address: IPv4Address) -> None:
        self._keep("address", address)

    def address(self) -> IPv4Address | None:
        """The public address, if the box was ever up."""
        return self._kept("address")

    def keep_found(self, address: IPv4Address) -> None:
        self._keep("found", address)

    def found(self) -> IPv4Address | None:
        """The dom0's own address as it was found last, if it is followed."""
        return self._kept("found")

    def _keep(self, name: str, address: IPv4Address) -> None:
        durable.write(self.top / name, f"{address}\n")

    def _kept(self, name: str) -> IPv4Address | None:
        path = self.top / name
        return IPv4Address(path.read_text().strip()) if path.exists() else None
