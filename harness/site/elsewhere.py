"""The same site in another private network: every address of it moves, with its own host part."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, IPv4Network, NetmaskValueError

from harness.errors import shown
from harness.site.addresses import unfit_network
from harness.site.description import Bridge, Site
from harness.site.reader import Reader


def bridge_instead(reader: Reader, written: Bridge) -> Bridge:
    """The bridge that a site has, where ``instead`` in [network] names another network."""
    text: str = reader.value("network", "instead")
    if not text or reader.rejected("network", "address"):
        return written
    size = written.network.prefixlen
    try:
        network = IPv4Network(text if "/" in text else f"{text}/{size}")
    except (AddressValueError, NetmaskValueError, ValueError):
        reader.reject("network", "instead", f"{shown(text)} is not a network such as 10.20.30.0/{size}")
        return written
    if network.prefixlen != size:
        reader.reject("network", "instead", f"{network} is not of the size of {written.network}, a /{size}")
    elif wrong := unfit_network(network):
        reader.reject("network", "instead", wrong)
    address = _moved(written.address, written, network)
    return Bridge(written.name, IPv4Interface(f"{address}/{network.prefixlen}"))


def moved(site: Site, bridge: Bridge) -> Site:
    """A site as it is written, with the bridge that it has."""
    if bridge == site.bridge:
        return site

    def new(address: IPv4Address) -> IPv4Address:
        return _moved(address, site.bridge, bridge.network)

    return replace(
        site,
        bridge=bridge,
        nodes=tuple(replace(node, address=new(node.address)) for node in site.nodes),
        ports=replace(
            site.ports, rows=tuple(replace(row, address=new(row.address)) for row in site.ports.rows)
        ),
    )


def _moved(address: IPv4Address, written: Bridge, network: IPv4Network) -> IPv4Address:
    return network.network_address + (int(address) - int(written.network.network_address))
