"""What a report says about the box: names and addresses, never secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from harness.site import Site


def describe(
    site: Site,
    *,
    name: str,
    public_address: IPv4Address | None = None,
    silent: Sequence[str] = (),
    missing_walls: Sequence[str] = (),
    pace: float = 1.0,
) -> dict[str, Any]:
    """The ``box`` part of a verdict.

    ``name`` is the box's own; ``public_address`` is the address it has now, if it was moved from the one in
    the site file; ``silent`` are the services that did not answer when the checks had ended;
    ``missing_walls`` are those between nodes and their host; ``pace`` is the factor by which it was waited
    longer than on usual machines.
    """
    return {
        "name": name,
        "site": site.name,
        "domain": site.domain,
        "vo": site.vo,
        "queues": [queue.name for queue in site.queues],
        "students": len(site.students),
        "silent": list(silent),
        "missing_walls": list(missing_walls),
        "dom0": {
            "kind": site.dom0_kind,
            "pace": pace,
            "public_address": str(public_address or site.public_address),
            "bridge": site.bridge.name,
            "bridge_address": str(site.bridge.address),
            "network": str(site.bridge.network),
        },
        "nodes": [
            {
                "name": node.name,
                "role": node.role.value,
                "address": str(node.address),
                "fqdn": node.fqdn,
                "hypervisor": node.hypervisor,
            }
            for node in site.nodes
        ],
    }
