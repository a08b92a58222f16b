"""A hosts file, on machines of a class room that has no name server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness import givenfile
from harness.dns import validators
from harness.dns.kind import Options, ProviderKind

if TYPE_CHECKING:
    from harness.dns.provider import DnsProvider


def _look(path: Path) -> None:
    if path.exists() or not path.parent.is_dir():
        givenfile.read(path, "the hosts file", remedy="make its directory")


class Hosts(ProviderKind):
    options = {"file": validators.text}  # noqa: RUF012
    looks = {"file": _look}  # noqa: RUF012
    heard_inside = False

    def make(self, options: Options) -> DnsProvider:
        from harness.dns.hosts import SYSTEM, HostsProvider

        path = options.around.base / options.get("file", SYSTEM)
        return HostsProvider(path, block=f"icebox {options.around.box}")


KIND = Hosts()
