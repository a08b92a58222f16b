"""A dom0's network where the outside is a cable away: the bridge, and where the Internet begins.

Outside and its name server have fixed documentation addresses (RFC 5737); every route names its device, so
the dom0's public address may be any other.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from harness.dom0.place import Place
from harness.network import nftables, sysctl
from harness.site import Site
from harness.site.addresses import NAME_SERVER, OUTSIDE, ROOM_SERVER, SERVERS

DEVICE = "uplink0"
FAR_END = "wan0"


def lay(dom0: Place, outside: Place, inner: str, site: Site, lan: str = "") -> None:
    """Make bridge and cable, with addresses, routes and the packet filter.

    ``inner`` is the number of the outside's process, as the dom0 has it: ip-link(8) finds its network by it.
    Where ``lan`` is another interface that others come in by, the way out is left to be laid through that.
    """
    bridge, public = site.bridge, site.public_address
    of_bridge = (f"echo {value} > {path}" for path, value in sysctl.of_bridge(bridge.name))
    links = f"""
        link set lo up
        link add name {bridge.name} type bridge
        address add {bridge.interface} dev {bridge.name}
        link set dev {bridge.name} up
        link add {DEVICE} type veth peer name {FAR_END} netns {inner}
        address add {public}/32 dev {DEVICE}
        link set {DEVICE} up
        route add {OUTSIDE} dev {DEVICE} src {public}
        {_onward(public, lan)}
        """
    beyond = f"""
        link set lo up
        address add {OUTSIDE}/32 dev {FAR_END}
        address add {NAME_SERVER}/32 dev {FAR_END}
        address add {ROOM_SERVER}/32 dev {FAR_END}
        link set {FAR_END} up
        route add {public} dev {FAR_END} src {OUTSIDE}
        """
    dom0.run("\n".join(["set -e", *_settings(), "ip -batch -", *of_bridge]), stdin=links).check()
    outside.run(["ip", "-batch", "-"], stdin=beyond).check()
    dom0.run(["nft", "-f", "-"], stdin=rules(site, lan)).check()


def rules(site: Site, lan: str = "") -> str:
    """The packet filter, as nft(8) reads it."""
    return nftables.render(site, uplink=DEVICE, lan=lan, resolver=NAME_SERVER)


def _onward(public: IPv4Address, lan: str) -> str:
    """What is reached through the outside: all, or the name service alone."""
    return f"route replace {SERVERS if lan else 'default'} via {OUTSIDE} dev {DEVICE} src {public}"


def move(dom0: Place, outside: Place, new: IPv4Address, lan: str = "") -> None:
    """Give the dom0 another public address; open connections of the old one break, as they do in life.

    What is there is looked at, and not what is remembered: an earlier move may have been killed halfway.
    """
    outside.run(f"ip route replace {new} dev {FAR_END} src {OUTSIDE}").check()
    dom0.run(
        f"""set -e
        ip address replace {new}/32 dev {DEVICE}
        ip route replace {OUTSIDE} dev {DEVICE} src {new}
        ip {_onward(new, lan)}
        ip -o -4 address show dev {DEVICE} | awk '$4 != "{new}/32" {{print $4}}' |
            xargs -r -n 1 ip address delete dev {DEVICE}
        """
    ).check()
    outside.run(
        f"""ip -4 route show dev {FAR_END} | awk '$1 != "{new}" {{print $1}}' |
            xargs -r -n 1 ip route delete dev {FAR_END}"""
    ).check()


def _settings() -> list[str]:
    lines = [f"echo {value} > {path}" for path, value in sysctl.required()]
    return lines + [f"[ ! -e {path} ] || echo {value} > {path}" for path, value in sysctl.if_present()]
