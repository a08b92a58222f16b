"""The information system: what it publishes holds together, is true, and is fresh."""

import statistics
import time
from collections.abc import Iterator

import pytest

from harness.access.shell import Shell
from harness.actors.poolaccount import SCHEDULER_REMEDY
from harness.checks.resting import rest_on
from harness.errors import CheckFailed
from harness.expect import CheckTimedOut, eventually, expect, tried
from harness.grid import ldif
from harness.grid.glue import Expected, Records
from harness.services.graph import Broken
from harness.services.health import Health
from harness.services.registry import BDII, ports_of
from harness.site import Node, Role, Site

FRESH = 5.0
"""Seconds from a change on the CE until the top BDII shows it."""
LATEST = 60.0
CHANGES = 2
SHARE = 0.1
"""Of one processor: the most that keeping the records of a node current may take."""
TICKS = 100
"""Clock ticks a second in /proc (USER_HZ)."""
GRIDINFO = BDII.remedy
GRIS = "mds-vo-name=local,o=grid"
PUBLISHERS = (Role.CE, Role.SE, Role.RB)
SETTLED = 30.0
"""Seconds until what a change broke must be put right: BDII-2 asks for five."""
SEARCH = "ldapsearch -x -LLL -o ldif-wrap=no -H ldap://$LCG_GFAL_INFOSYS"


@pytest.fixture
def broken(health: Health, site: Site) -> dict[tuple[str, int], Broken]:
    """By public name and port."""
    found = health.broken_at((node, port) for node in site.nodes for port in ports_of(node.role))
    return {(node.fqdn, site.public_port(node, port)): each for (node, port), each in found.items()}


@pytest.fixture
def expected(site: Site, broken: dict[tuple[str, int], Broken]) -> Expected:
    return Expected(
        site=site.name,
        vo=site.vo,
        queues=tuple(queue.name for queue in site.queues),
        ces=tuple(node.fqdn for node in site.of(Role.CE)),
        ses=tuple(node.fqdn for node in site.of(Role.SE)),
        dead=frozenset(broken),
    )


def _published(student: Shell) -> Records:
    entries: tuple[ldif.Entry, ...] = ()
    for base in ("o=grid", "o=glue"):
        found = student.run(f"{SEARCH} -b {base}").expect_success("port 2171 must lead to RB (NET-4)")
        entries += ldif.parse(found.stdout)
    return Records(entries)


def _sound(student: Shell, expected: Expected) -> Records:
    """What is published, if each record agrees with every other; raises CheckFailed."""
    records = _published(student)
    faults = list(records.faults(expected))
    expect(not faults, "what is published contradicts itself", why="\n".join(faults), remedy=GRIDINFO)
    return records


@pytest.mark.needs("bdii")
@pytest.mark.check(
    "BDII-1",
    role="rb",
    title="every record of the information system is consistent with every other",
    learns="What the site-BDII sanity probe asked: one site, its queues, clusters and storage, no key that "
    "leads nowhere, no placeholder, GLUE 2 saying the same, and every published service really answering.",
    severity="critical",
)
def test_records_hold_together(
    student: Shell, site: Site, expected: Expected, broken: dict[tuple[str, int], Broken]
) -> None:
    # A box that has just come up publishes what it saw a moment ago.
    records = eventually(
        "records that hold together",
        tried(lambda: _sound(student, expected)),
        seconds=SETTLED,
        remedy=GRIDINFO,
    )
    endpoints = records.endpoints()
    for service, (host, port) in endpoints.items():
        if (host, port) in broken:
            continue
        knocked = student.run(
            ["timeout", f"{student.longer(20):g}", "bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}"]
        )
        expect(
            knocked.ok,
            f"{service} is published and does not answer at {host}:{port}",
            why=knocked.output,
            remedy="`./icebox status` names a silent service; its port must be in the port table (NET-4)",
        )
    for node in site.nodes:
        if node.role in PUBLISHERS:
            _expect_gris(student, node)
    rest_on(broken[place] for place in endpoints.values() if place in broken)


def _expect_gris(student: Shell, node: Node) -> None:
    """Clients of the time ask a GRIS; each node with a BDII answers on its port, too."""
    asked = student.run(f"ldapsearch -x -LLL -H ldap://{node.name}:2135 -b {GRIS} '(objectClass=GlueTop)' dn")
    expect(
        asked.ok and node.fqdn in asked.stdout.replace("\n ", ""),
        f"no records of {node.name} below {GRIS} on port 2135",
        where=node.name,
        why=asked.output[-300:],
        remedy=GRIDINFO,
    )


@pytest.fixture
def queue(ce: Shell, site: Site) -> Iterator[str]:
    """The first queue, which is open again in the end."""
    name = site.queues[0].name
    yield name
    ce.run(f"scontrol update partitionname={name} state=UP").expect_success(SCHEDULER_REMEDY)


@pytest.mark.alone(before="GUIDE-7")
@pytest.mark.needs("bdii@ce", "bdii@rb", "slurmctld")
@pytest.mark.check(
    "BDII-2",
    role="rb",
    title="a change on the CE shows at the top BDII within 5 seconds",
    learns="The broker decides by what stands here: it must be true now, and cost next to nothing.",
    severity="normal",
)
def test_fresh(ce: Shell, rb: Shell, student: Shell, site: Site, queue: str) -> None:
    fresh = student.longer(FRESH)
    used, started = [(shell, _processor_seconds(shell)) for shell in (ce, rb)], time.monotonic()
    changes = [("DRAIN", "Draining"), ("UP", "Production")] * CHANGES
    taken = [_seconds_until(ce, student, site, queue, *change) for change in changes]
    typical = statistics.median(taken)
    shown = ", ".join(f"{each:.1f}" for each in taken)
    expect(
        typical <= fresh,
        f"changes on the CE take {typical:.1f} s to show at the top BDII, more than {fresh:g} s",
        why=f"seconds of each: {shown}",
        remedy=GRIDINFO,
    )
    elapsed = time.monotonic() - started
    for shell, before in used:
        share = (_processor_seconds(shell) - before) / elapsed
        expect(
            share <= SHARE,
            f"keeping the records current takes {share:.0%} of a processor",
            where=shell.name,
            remedy="`journalctl -u bdii` there tells what it does each time",
        )


def _seconds_until(ce: Shell, student: Shell, site: Site, queue: str, state: str, status: str) -> float:
    ce.run(f"scontrol update partitionname={queue} state={state}").expect_success(SCHEDULER_REMEDY)
    started = time.monotonic()

    def shows() -> bool:
        return _states(student, SEARCH, site, queue) == [status]

    try:
        eventually(f"the top BDII to show queue {queue} as {status}", shows, seconds=LATEST)
    except CheckTimedOut as late:
        own = _states(student, SEARCH.replace("$LCG_GFAL_INFOSYS", f"{site.ce.name}:2170"), site, queue)
        stuck = site.rb if own == [status] else site.ce
        raise CheckFailed(
            f"publishes what was, not what is: queue {queue} became {status}",
            where=stuck.name,
            why=f"{late.what}; the CE itself publishes {own or 'no such queue'}",
            remedy=f"`./icebox restore {stuck.role} /etc/gridinfo.toml`, then `systemctl restart bdii` there"
            "; `journalctl -u bdii` there tells more",
        ) from None
    return time.monotonic() - started


def _states(student: Shell, search: str, site: Site, queue: str) -> list[str]:
    """What a BDII says of a queue of the first CE."""
    name = f"(&(GlueCEInfoHostName={site.ce.fqdn})(GlueCEName={queue}))"
    found = student.run(f"{search} -b o=grid '{name}' GlueCEStateStatus")
    entries = ldif.parse(found.expect_success("port 2171 must lead to RB (NET-4)").stdout)
    return [entry.one("GlueCEStateStatus") for entry in entries]


def _processor_seconds(shell: Shell) -> float:
    """Used by gridinfo and the commands it ran (proc(5): utime, stime, cutime, cstime)."""
    line = "cat /proc/$(systemctl show -p MainPID --value bdii)/stat"
    fields = shell.run(line).expect_success(GRIDINFO).stdout.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS
