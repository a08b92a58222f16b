"""The network of the box: private inside, the port table from outside, and nothing else."""

import re
import shlex
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

import pytest

from harness.access.shell import Shell
from harness.box.box import Box
from harness.checks import service, together
from harness.checks.resting import rest_on
from harness.errors import HarnessError
from harness.expect import expect_none
from harness.probes import scan, udp
from harness.services.health import LONGER, Health
from harness.site import Node, Site
from harness.site.addresses import NAME_SERVER, OUTSIDE
from harness.site.ports import DNS_PORT, SSH_PORT

RootOf = Callable[[Node], Shell]
ANSWERED = 10
"""Seconds that a public name gets to answer from inside."""


@pytest.mark.check(
    "NET-1",
    role="net",
    title="each node has its address and gateway",
    learns="Every node sits on the private network at its own address and leaves it through the bridge.",
    severity="blocker",
)
def test_addresses(site: Site, root_of: RootOf) -> None:
    bridge = site.bridge

    def faults(node: Node) -> Iterator[str]:
        root = root_of(node)
        wanted = f"{node.address}/{bridge.network.prefixlen}"
        addresses = root.run("ip -4 -oneline address show scope global").expect_success().stdout
        seen = [line.split()[3] for line in addresses.splitlines()]
        if seen != [wanted]:
            yield f"{node} has {' and '.join(seen) or 'no address'}, not {wanted}"
        route = root.run("ip -4 route show default").expect_success().stdout.split()
        if route[:3] != ["default", "via", str(bridge.address)]:
            yield f"{node} has the default route {' '.join(route) or '(none)'!r}, not via {bridge.address}"
        if not root.run(f"ping -qn -c1 -W5 {bridge.address}").ok:
            yield f"{node} gets no answer from its gateway {bridge.address}"

    expect_none(
        together.problems(site.nodes, faults),
        "a node has not the network that the site file gives it",
        remedy="./icebox console NODE shows its boot; `systemctl restart icebox-network` there sets address "
        "and route",
    )


@pytest.mark.check(
    "NET-2",
    role="net",
    title="nodes reach each other by name and address",
    learns="Inside the box, every node finds and reaches every other one; the batch system rests on it.",
    severity="blocker",
)
def test_nodes_reach_each_other(site: Site, root_of: RootOf) -> None:
    peers = " ".join(f"{node.name}={node.address}" for node in site.nodes)
    line = f"""for peer in {peers}; do (
        name=${{peer%=*}} address=${{peer#*=}}
        seen=$(getent ahostsv4 "$name" | awk 'NR == 1 {{ print $1 }}')
        [ "$seen" = "$address" ] || echo "$name is ${{seen:-unknown}}, not $address"
        ping -qn -c1 -W5 "$address" >/dev/null || echo "no answer from $name at $address"
    ) & done; wait"""

    def faults(node: Node) -> Iterator[str]:
        for complaint in root_of(node).run(line).expect_success().stdout.splitlines():
            yield f"{node}: {complaint}"

    expect_none(
        together.problems(site.nodes, faults),
        "nodes don't reach each other",
        remedy="look at /etc/hosts of the first node, and whether the other one is up (./icebox status)",
    )


@pytest.mark.needs("network")
@pytest.mark.check(
    "NET-3",
    role="net",
    title="nodes reach outside, seen as the dom0's public address",
    learns="The dom0 masquerades: nodes use the Internet although nobody there knows their addresses.",
    severity="critical",
)
def test_outbound(
    site: Site, root_of: RootOf, mirror: tuple[IPv4Address, int], public_address: IPv4Address
) -> None:
    address, port = mirror
    line = f"cat < /dev/tcp/{address}/{port}"

    def faults(node: Node) -> Iterator[str]:
        root = root_of(node)
        told = root.run(["timeout", f"{root.longer(10):g}", "bash", "-c", line])
        if not told.ok:
            yield f"{node} does not reach {address}, port {port}: {told.stderr.strip() or 'no answer'}"
        elif told.stdout.strip() != str(public_address):
            yield f"{node} is seen from outside as {told.stdout.strip()}, not as {public_address}"

    expect_none(
        together.problems(site.nodes, faults),
        "nodes don't reach the outside by the dom0's public address",
        remedy="on the dom0, `nft list ruleset` must show the masquerade rule, and ip_forward must be 1; "
        "./icebox stop and start lays both anew",
    )


@pytest.mark.needs("network")
@pytest.mark.check(
    "NET-4",
    role="net",
    title="every row of the port table leads to the right service",
    learns="Students outside reach each service of the box at its public address, and no other in its place.",
    severity="blocker",
)
def test_port_table(box: Box, site: Site, health: Health) -> None:
    entrances = service.entrances(box)
    broken = health.broken_at(entrance.target for entrance in entrances)
    alive = [entrance for entrance in entrances if entrance.target not in broken]
    expect_none(
        together.problems(alive, lambda entrance: entrance.faults()),
        "rows of the port table don't lead to their services",
        where=site.port_table_name,
        remedy="see on the node whether its service runs (`systemctl --failed`); `nft list ruleset` on the "
        "dom0 shows the rows, and ./icebox stop and start lays them anew",
    )
    rest_on(broken.values())


@pytest.mark.check(
    "NET-5",
    role="net",
    title="nothing but the port table is reachable from outside",
    learns="What the port table does not name stays closed: other ports, UDP, and the private addresses.",
    severity="critical",
)
def test_nothing_else(box: Box, site: Site, outside: Shell, public_address: IPv4Address) -> None:
    beyond = box.dom0.outside
    named = {port for row in site.ports for port in row.host_ports}
    names = {DNS_PORT} if site.serves_names else set()
    seen = scan.scan(beyond, OUTSIDE, public_address, sure={SSH_PORT, *named})
    own = box.dom0.own_ports
    problems = [
        f"TCP port {answer} answers, which no row of {site.port_table_name} names"
        for answer in seen.values()
        if answer.port not in named | names | {SSH_PORT, *(own or ())} and (own is None or answer.accepts)
    ]
    problems += _not_the_dom0(seen.get(SSH_PORT))
    if DNS_PORT not in udp.answering(beyond, NAME_SERVER):
        raise _blind(f"the name server outside does not answer at UDP port {DNS_PORT}")
    if own is None:
        ours = [row.first for row in site.ports]
        answering = set(udp.answering(beyond, public_address, ours)) - names
        problems += [f"UDP port {port} answers" for port in sorted(answering)]
    problems += _answers_by_ipv6(outside, box.dom0.far_end)
    problems += _private_answers(box, site, outside, public_address)
    expect_none(
        problems,
        "the box is open where the port table says nothing",
        where=f"{public_address} from outside",
        remedy="`nft list ruleset` on the dom0 must drop the rest; ./icebox stop and start lays it anew",
    )


def _blind(why: str) -> HarnessError:
    """A probe that sees nothing where something is must not make a check pass."""
    return HarnessError(
        "can't tell what is closed: a probe fails where it must succeed",
        where="outside",
        why=why,
        remedy="./icebox stop and start; if it stays, look at harness/probes/scan.py and udp.py",
    )


def _answers_by_ipv6(outside: Shell, device: str) -> Iterator[str]:
    """Who answers to all machines of the link: the packet filter knows no IPv6, so no dom0 has any."""
    own = outside.run(f"ip -6 -oneline address show dev {device}").expect_success().stdout
    if not own:
        return  # a kernel without IPv6
    asked = outside.run(f"ping -6 -n -c3 -i0.2 -W2 ff02::1%{device}").stdout
    answered = set(re.findall(r"from ([0-9a-f:]+)%", asked))
    ours = {address for address in answered if f" {address}/" in own}
    if not ours:
        raise _blind(f"the outside does not hear itself by IPv6: {asked}")
    yield from (f"{address} answers by IPv6" for address in sorted(answered - ours))


def _not_the_dom0(answer: scan.Answer | None) -> Iterator[str]:
    """The dom0's ssh port is answered by the dom0 itself, where one sshd or none may listen."""
    if answer is None:
        yield f"port {SSH_PORT}, the dom0's own ssh, is closed to its administrator"
    elif answer.hops:
        yield f"port {SSH_PORT} is the dom0's own ssh, but leads to a node"


def _private_answers(box: Box, site: Site, outside: Shell, gateway: IPv4Address) -> Iterator[str]:
    """What a neighbour on the Internet gets who sends packets for private addresses to the dom0."""
    network = site.bridge.network
    outside.run(f"ip route replace {network} via {gateway} dev {box.dom0.far_end} onlink").check()
    services = {SSH_PORT, DNS_PORT, *(row.target for row in site.ports)}

    def faults(address: IPv4Address) -> Iterator[str]:
        # The ssh of a dom0 apart answers at all of its addresses, which shows that packets for them arrive.
        apart = address == site.bridge.address and box.dom0.own_ports is None
        expected = {SSH_PORT} if apart else set()
        seen = scan.scan(box.dom0.outside, OUTSIDE, address, services, sure=expected)
        if not expected <= seen.keys():
            raise _blind(f"packets for {address} don't reach the dom0, whose ssh would answer them")
        for answer in seen.values():
            if answer.port not in expected:
                yield f"the private address {address} answers at TCP port {answer}"

    try:
        yield from together.problems([site.bridge.address, *(node.address for node in site.nodes)], faults)
    finally:
        outside.run(f"ip route delete {network}").check()


@pytest.mark.check(
    "NET-6",
    role="net",
    title="nodes reach each other by public name, through the dom0",
    learns="A name that works outside works inside too, even on the node itself: one set-up serves both.",
    severity="blocker",
)
def test_hairpin(box: Box, site: Site, root_of: RootOf, public_address: IPv4Address, health: Health) -> None:
    entrances = [entrance for entrance in service.entrances(box) if entrance.row.first == entrance.row.last]
    broken = health.broken_at(entrance.target for entrance in entrances)
    targets = " ".join(
        f"{each.node.fqdn}={each.row.first}" for each in entrances if each.target not in broken
    )
    # An emulated node takes seconds to begin so many programs at once.
    seconds = round(ANSWERED * min(LONGER, box.pace))
    line = f"""for target in {targets}; do (
        name=${{target%=*}} port=${{target#*=}}
        seen=$(getent ahostsv4 "$name" | awk 'NR == 1 {{ print $1 }}')
        [ "$seen" = {public_address} ] || echo "$name is ${{seen:-unknown}}, not {public_address}"
        timeout {seconds} bash -c ": < /dev/tcp/$name/$port" 2>/dev/null ||
            echo "no answer from $name at port $port"
    ) & done; wait"""

    def faults(node: Node) -> Iterator[str]:
        told = root_of(node).run(f"bash -c {shlex.quote(line)}").expect_success()
        for complaint in told.stdout.splitlines():
            yield f"{node}: {complaint}"

    expect_none(
        together.problems(site.nodes, faults),
        "public names don't work from inside",
        remedy="if DNS-1 passes, look on the dom0 for the hairpin rules: `nft list ruleset`, postrouting; "
        "./icebox stop and start lays them anew",
    )
    rest_on(broken.values())
