"""A laptop of the class room itself, where the site file names one: what it finds, with what it has."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from harness.access.laptop import Laptop
from harness.access.shell import Account, Shell
from harness.box.box import Box
from harness.checks import fromlaptop, notice, roomnames, router, service, together
from harness.checks.resting import rest_on
from harness.dom0.place import PYTHON
from harness.expect import expect, expect_none
from harness.probes import knock, udp
from harness.services.health import Health
from harness.site import Site
from harness.site.ports import DNS_PORT, SSH_PORT

RESOLVE = "import socket, sys; print(*sorted(set(socket.gethostbyname_ex(sys.argv[1])[2])))"


@pytest.mark.laptop
@pytest.mark.check(
    "OUT-1",
    role="net",
    title="a laptop of the room finds the names and reaches every service",
    learns="Students' laptops get through: the room's network leads them to the box by its names.",
    severity="critical",
)
def test_laptop_reaches_all(
    request: pytest.FixtureRequest,
    box: Box,
    site: Site,
    laptop: Laptop,
    public_address: IPv4Address,
    health: Health,
) -> None:
    left_out = {**service.PROGRAMS, **fromlaptop.LEFT_OUT}
    missing = laptop.lacking(PYTHON, *left_out)
    notice.warn(
        request.node,
        [f"{laptop.name} lacks {each}: {left_out[each]}" for each in missing],
        "install it there",
    )
    router.expect_through(box, laptop)
    entrances = service.entrances(box, laptop, missing)
    broken = health.broken_at(entrance.target for entrance in entrances)
    alive = [entrance for entrance in entrances if entrance.target not in broken]
    expect_none(
        [
            *_wrong_names(site, laptop, public_address),
            *roomnames.faults(box, laptop),
            *together.problems(alive, lambda each: each.faults()),
        ],
        "the laptop does not get to the box",
        where=laptop.name,
        remedy="if NET-4 passes, the room's router or a filter on the laptop is in the way; names that it "
        "does not know go into its hosts file; the handout's file names tells how it asks the box for them",
    )
    rest_on(broken.values())


def _wrong_names(site: Site, laptop: Laptop, public: IPv4Address) -> Iterator[str]:
    for node in site.nodes:
        seen = laptop.run([PYTHON, "-c", RESOLVE, node.fqdn]).stdout.strip()
        if seen != str(public):
            yield f"on {laptop.name}, {node.fqdn} is {seen or 'unknown'}, not {public}"


@pytest.mark.laptop
@pytest.mark.check(
    "OUT-2",
    role="net",
    title="a student logs in from a laptop of the room and gets a job's output",
    learns="What students do on the first morning works from where they sit.",
    severity="blocker",
)
def test_laptop_logs_in(
    box: Box, site: Site, laptop: Laptop, student: Shell, public_address: IPv4Address
) -> None:
    laptop.lacking(PYTHON)
    router.expect_through(box, laptop)
    account = Account(student.account.user, box.secrets.ssh_key(student.account.user).path)
    port = site.public_port(site.ui, SSH_PORT)
    host_key = box.secrets.ssh_key(f"host-{site.ui.name}").public

    def dial() -> socket.socket:
        return laptop.open_socket(str(public_address), port)

    there = Shell(site.ui.name, account, dial, host_key, student.environment)
    try:
        ran = there.run(f"globus-job-run {site.ce.fqdn} /bin/echo Hello World")
    finally:
        there.close()
    expect(
        ran.stdout == "Hello World\n",
        f"a job sent from {laptop.name} did not say Hello World: {ran.output.strip()}",
        remedy="if UI-1 and CE-1 pass, look at what is between the laptop and the box",
    )


@pytest.mark.laptop
@pytest.mark.check(
    "OUT-3",
    role="net",
    title="a laptop of the room reaches nothing but the port table, and what the machine has itself",
    learns="To open the box for a room opens nothing else of it, and nothing of the machine that it runs on.",
    severity="critical",
)
def test_laptop_reaches_nothing_else(
    request: pytest.FixtureRequest, box: Box, site: Site, laptop: Laptop, public_address: IPv4Address
) -> None:
    laptop.lacking(PYTHON)
    if not site.follows:
        warning = f"{laptop.name}: {public_address} is no address of the dom0's, so other ports are another's"
        notice.warn(request.node, [warning], "leave dom0.address out, or look at that machine itself")
        return
    named = {port for row in site.ports for port in row.host_ports}
    names = {DNS_PORT} if site.serves_names else set()
    own = {kind: set(box.dom0.met_by_laptops(kind)) for kind in ("tcp", "udp")}
    taking = knock.taking(laptop, public_address, sure={site.public_port(site.ui, SSH_PORT)})
    rows = [row.first for row in site.ports]
    answering = set(udp.answering(laptop, public_address, rows, refusals=False))
    problems = [f"TCP port {port} answers" for port in sorted(taking - named - names - own["tcp"])]
    problems += [f"UDP port {port} answers" for port in sorted(answering - names - own["udp"])]
    expect_none(
        problems,
        "the box is open where the port table says nothing",
        where=f"{public_address} from {laptop.name}",
        remedy="see what has the port on this machine (`nft list ruleset`, `ss -lntup`)",
    )
