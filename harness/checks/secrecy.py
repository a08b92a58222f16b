"""What may be read on the box's network, and what may not (docs/security.md has the same list)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.actors.whisper import DATA
from harness.probes.capture import Heard
from harness.services.registry import BDII
from harness.site import Role, Site


def spoken(heard: list[Heard], site: Site) -> Iterator[str]:
    """All that somebody on the network could read and should not."""
    public, data = _public(site), _data(site)
    for each in heard:
        if public & {*each.ports}:
            continue
        if data & {*each.ports} and each.tail == f".{DATA}":
            continue
        yield str(each)


def _public(site: Site) -> set[int]:
    """Ports of the information system, which is public, on the nodes and at the public address."""
    return {*BDII.ports} | {row.first for row in site.ports if row.target in BDII.ports}


def _data(site: Site) -> set[int]:
    """Ports on which an SE waits for GridFTP's data."""
    addresses = {se.address for se in site.of(Role.SE)}
    ranges = [row.host_ports for row in site.ports if row.address in addresses and row.last > row.first]
    return {port for each in ranges for port in each}
