"""Where a box keeps its things below the state directory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from harness import state
from harness.site import Site
from harness.sitefile import load


@dataclass(frozen=True)
class BoxFiles:
    """The directory of one box; mode 0700, since it holds keys."""

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

    @property
    def homes(self) -> Path:
        """/home of CE and WNs: what jobs of pool accounts write."""
        return self.top / "home"

    def layer(self, node: str) -> Path:
        """The site layer of a node."""
        return self.top / "site" / node

    def scratch(self, node: str) -> Path:
        """What a running node writes, kept over stop and start."""
        return self.top / "scratch" / node

    def keep_site(self, site: Site) -> None:
        """Keep the description, so that the box can be found again by its name alone."""
        kept = self.top / "description"
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site.path, kept / "icebox.toml")
        port_table = kept / site.port_table_name
        shutil.copyfile(site.ports.path, port_table)

    def site(self) -> Site:
        """The description the box was started with, at the public address it has now."""
        return load(self.top / "description" / "icebox.toml").at(self.address())

    def keep_address(self, address: IPv4Address) -> None:
        partial = self.top / "address.partial"
        partial.write_text(f"{address}\n")
        partial.rename(self.top / "address")

    def address(self) -> IPv4Address | None:
        """The public address, if the box was ever up."""
        path = self.top / "address"
        return IPv4Address(path.read_text().strip()) if path.exists() else None
