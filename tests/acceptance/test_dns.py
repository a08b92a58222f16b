"""Public names: they lead to the box wherever it stands."""

import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

import pytest

from harness.access.shell import Shell
from harness.actors.smoketest import SmokeTest
from harness.box import names
from harness.box.box import Box
from harness.checks import asking, roomnames, together
from harness.dom0.place import Place
from harness.expect import expect_none
from harness.site import Node, Site

ELSEWHERE = (IPv4Address("198.51.100.7"), IPv4Address("198.51.100.8"))
"""Documentation addresses (RFC 5737, TEST-NET-2)."""


@pytest.mark.check(
    "DNS-1",
    role="dns",
    title="every name leads to the public address, from everywhere",
    learns="The name service, students' laptops, the dom0 and all nodes agree on where the box is.",
    severity="blocker",
)
def test_names(box: Box, public_names: list[str], outside: Shell, root_of: Callable[[Node], Shell]) -> None:
    _expect_names(box, public_names, outside, root_of)


def _expect_names(
    box: Box, public_names: list[str], outside: Shell, root_of: Callable[[Node], Shell]
) -> None:
    address = str(box.public_address)
    line = f"""for name in {" ".join(public_names)}; do
        echo "$name" $(getent ahostsv4 "$name" | awk '{{ print $1 }}' | sort -u); done"""

    def faults(machine: tuple[str, Shell]) -> Iterator[str]:
        where, shell = machine
        for told in shell.run(line).expect_success().stdout.splitlines():
            name, *seen = told.split()
            if seen != [address]:
                yield f"on {where}, {name} is {' and '.join(seen) or 'unknown'}, not {address}"

    machines = [("a machine outside", outside), *((str(node), root_of(node)) for node in box.site.nodes)]
    expect_none(
        [
            *asking.faults(lambda: (str(answer) for answer in names.answers(box) if not answer.good)),
            *asking.faults(lambda: _reverse_faults(box, box.public_address, [names.reverse_name(box.site)])),
            *together.problems(machines, faults),
            *roomnames.faults(box, box.dom0.outside),
        ],
        "names don't lead to the box",
        remedy=f"`./icebox move --address {address}` has the provider told again, and says what it answers; "
        "if only one machine is wrong: its /etc/hosts and /etc/resolv.conf",
    )


def _reverse_faults(box: Box, address: IPv4Address, expected: list[str]) -> Iterator[str]:
    """The address has the one name that it should have, or none."""
    found = names.reverse_of(box).names(address)
    if found != expected:
        called, right = (" and ".join(them) or "nothing" for them in (found, expected))
        yield f"{address} is called {called}, not {right}"


@pytest.fixture
def home(box: Box) -> Iterator[IPv4Address]:
    """The public address before the check; the box is there again after it, whatever happened."""
    address = box.public_address
    yield address
    names.move(box, address)


@pytest.mark.alone
@pytest.mark.needs("voms", "gatekeeper", "gridftp", "bdii")
@pytest.mark.check(
    "DNS-2",
    role="dns",
    title="names follow the box to another public address",
    learns="The box can be carried elsewhere: one command, and all works there with no node touched.",
    severity="critical",
)
def test_move(
    box: Box,
    site: Site,
    home: IPv4Address,
    public_names: list[str],
    outside: Shell,
    dom0: Place,
    root_of: Callable[[Node], Shell],
    student: Shell,
    outside_student: Shell,
) -> None:
    started, before = time.time(), _untouched(site, dom0, root_of, home)
    names.move(box, next(address for address in ELSEWHERE if address != home))
    _expect_names(box, public_names, outside, root_of)
    expect_none(
        list(_reverse_faults(box, home, [])),
        "the address that was left has a name",
        remedy=f"`./icebox move --address {box.public_address}` takes it away",
    )
    together.each((student, outside_student), lambda user: SmokeTest(site, user).run_all())
    expect_none(
        list(
            _touched(
                before, _untouched(site, dom0, root_of, box.public_address), root_of, site.nodes, started
            )
        ),
        "moving the box changed what must stay as it is",
        remedy="nothing inside may know the public address: look for it in these files",
    )
    names.move(box, home)
    _expect_names(box, public_names, outside, root_of)
    SmokeTest(site, outside_student).run_all()


DOM0 = "the dom0's packet filter"
# Who was given which pool account: a job's doing, not the move's.
FILES = "/etc -xdev ! -type d ! -path '/etc/grid-security/gridmapdir/*'"


def _untouched(
    site: Site, dom0: Place, root_of: Callable[[Node], Shell], public: IPv4Address
) -> dict[str, str]:
    """What a move must not change: the packet filter, and every file below /etc of every node."""
    line = f"find {FILES} -print0 | sort -z | xargs -0 sha256sum 2>&1 | sha256sum"
    sums = together.each(site.nodes, lambda node: root_of(node).run(line).expect_success().stdout)
    told = {node.name: text for node, text in zip(site.nodes, sums, strict=True)}
    rules = dom0.run(["nft", "list", "ruleset"]).check().stdout
    return {**told, DOM0: rules.replace(str(public), "the public address")}


def _touched(
    before: dict[str, str],
    after: dict[str, str],
    root_of: Callable[[Node], Shell],
    nodes: tuple[Node, ...],
    started: float,
) -> Iterator[str]:
    if after[DOM0] != before[DOM0]:
        yield DOM0
    for node in nodes:
        if after[node.name] != before[node.name]:
            newest = root_of(node).run(f"find {FILES} -newerct @{started:.0f}").stdout.split()
            yield f"{node}: {' '.join(newest) or 'a file below /etc is gone'}"
