"""A box in its host's own network: laptops use it, reach nothing else, and nothing of it is left."""

import html
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.checks.service import KEYSCAN, PROGRAMS
from harness.deadline import wait_for
from harness.dom0.place import PYTHON
from harness.report.verdict import CheckResult, Outcome, Verdict
from harness.site.ports import DNS_PORT
from harness.sitefile import load
from harness.state import checkout
from tests.drill.tried import Told
from tests.integration.leaks.sandbox import settled
from tests.integration.local.classroom import (
    BOX,
    HOST,
    LAPTOP,
    WAY_OUT,
    ClassRoom,
    class_room,
    expose,
    service,
)
from tests.integration.local.laptop import NAME, lacking, reached, removed
from tests.integration.local.roomserver import SERVER, kept_by_the_room

OUT = "tests/acceptance/test_laptop.py"
CHECKS = (
    "tests/acceptance/test_network.py",
    "tests/acceptance/test_dns.py",
    OUT,
    "tests/acceptance/test_ce.py::test_globus_job_run",
    "tests/acceptance/test_ce.py::test_from_outside",
    "tests/acceptance/test_se.py::test_from_outside",
    "tests/acceptance/test_ui.py::test_login",
    "tests/acceptance/test_catalogue.py::test_store_and_fetch",
)
CHECKING = 540.0
"""Seconds for these checks; they take 60 on an idle machine."""
ELSEWHERE = "10.8.0.77"
FOLLOWING = 120.0
"""Seconds until names have followed; it takes one on an idle machine."""
OWN = 8080
"""Port of a service that the host has itself."""
LOCAL, EMBEDDED = "local", "embedded"
of_one_kind = pytest.mark.parametrize("room", [LOCAL], indirect=True, scope="module")
"""For what a laptop lacks, which no kind of dom0 knows of."""
long_if_embedded = pytest.mark.parametrize(
    "room", [LOCAL, pytest.param(EMBEDDED, marks=pytest.mark.long)], indirect=True, scope="module"
)
"""For checks that are done on an embedded dom0 without a room, too."""


@pytest.fixture(scope="module", params=[LOCAL, EMBEDDED])
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassRoom]:
    """With a box that is up; when it has gone, the host is as it was before."""
    with ExitStack() as stack:
        made = stack.enter_context(class_room(tmp_path_factory.mktemp("local")))
        stack.enter_context(service(made.host, OWN))
        if request.param == EMBEDDED:
            expose(made)
        made.change("[dom0]", '[dom0]\nresolver = "room"')
        stack.enter_context(reached(made))
        before = made.host.inventory()
        started = made.start()
        try:
            assert started.code == 0, started.output
            yield made
        finally:
            stopped = made.icebox("stop", "--destroy", "--box", BOX)
        assert stopped.code == 0, stopped.output
        assert not settled(made.host, before)


def test_a_laptop_gets_hello_world(room: ClassRoom) -> None:
    site = load(room.site)
    said = room.ssh(
        "student01",
        "voms-proxy-init -voms gilda >/dev/null && "
        f"globus-job-run {site.ce.fqdn}:2119/jobmanager-pbs -q short /bin/echo Hello World",
    )
    assert said == "Hello World\n"


def test_a_laptop_reaches_the_port_table_and_what_the_host_has_itself(room: ClassRoom) -> None:
    rows = {port for row in load(room.site).ports for port in row.host_ports}
    sure = {DNS_PORT, OWN, 2119, 2222, 2811}
    found = room.open_ports(HOST, sure=sure)
    assert sure <= found
    assert found <= rows | {DNS_PORT, OWN}


def test_a_laptop_asks_the_box_for_its_names_and_others_for_others(room: ClassRoom) -> None:
    site = load(room.site)
    with kept_by_the_room(room, "www.school.example"):
        names = (site.ce.fqdn, "www.school.example", site.ui.fqdn)
        assert room.resolves([HOST, str(SERVER)], *names) == [HOST, "192.0.2.80", HOST]


def test_what_is_handed_out_logs_in_word_for_word(room: ClassRoom) -> None:
    site, done = load(room.site), room.icebox("handout", "--box", BOX)
    assert done.code == 0, done.output
    folder = room.host.home / "boxes" / BOX / "handout" / "student01"
    page = (folder / "student01.html").read_text()
    (printed,) = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)[:1]
    typed = html.unescape(re.sub(r"<i>.*?</i>", "", printed)).strip()
    said = room.laptop.run("env", "-C", str(folder), "sh", "-ec", f"{typed} hostname -f")
    assert said == f"{site.ui.fqdn}\n"
    assert f"student01@{HOST}</code>" in page
    assert (folder / "hosts").read_text() == "".join(f"{HOST}\t{node.fqdn}\n" for node in site.nodes)


def test_a_laptop_with_a_route_reaches_no_private_address(room: ClassRoom) -> None:
    site = load(room.site)
    room.laptop.ip(f"route add {site.bridge.network} via {HOST}")
    for address in (site.bridge.address, site.ce.address):
        assert room.open_ports(str(address), [22, 2119, OWN]) == set()
    assert room.open_ports(HOST, [OWN], [OWN]) == {OWN}, "so packets do come to the host"


def test_nodes_reach_the_room_as_the_host(room: ClassRoom) -> None:
    with room.laptop.socket() as server:
        server.bind((LAPTOP, 7777))
        server.listen()
        server.settimeout(20)
        done = room.icebox("ssh", "--box", BOX, "ce", f"bash -c ': < /dev/tcp/{LAPTOP}/7777'")
        assert done.code == 0, done.output
        line, (source, _) = server.accept()
        line.close()
    assert source == HOST


def test_nodes_reach_no_service_of_the_host(room: ClassRoom) -> None:
    for address in (HOST, str(load(room.site).bridge.address)):
        line = f"timeout 2 bash -c ': < /dev/tcp/{address}/{OWN}' || echo closed"
        assert room.icebox("ssh", "--box", BOX, "ce", line).output.splitlines()[-1] == "closed"


def test_every_node_is_met_by_its_public_name_on_itself_too(room: ClassRoom) -> None:
    site = load(room.site)
    for node, port in ((site.ce, 2119), (site.se, 2811)):
        for start in (site.ce, site.se, site.ui):
            line = f"timeout 10 bash -c ': < /dev/tcp/{node.fqdn}/{port}' && echo open"
            done = room.icebox("ssh", "--box", BOX, start.name, line)
            assert done.output.splitlines()[-1:] == ["open"], f"{node} from {start}: {done.output}"


def checked(room: ClassRoom, run: Path, *checks: str) -> tuple[int, str]:
    """Exit code and output of checks that are run on the host."""
    words = ["env", "-C", str(checkout()), sys.executable, "-m", "pytest", "-q", "-n0", *checks]
    words += [f"--box={BOX}", f"--site={room.site}", f"--run-dir={run}"]
    with room.host.popen(words) as checking:
        said, _ = checking.communicate(timeout=CHECKING)
    return checking.returncode, said


@long_if_embedded
def test_checks_of_the_network_pass(room: ClassRoom, tmp_path: Path) -> None:
    code, said = checked(room, tmp_path / "run", *CHECKS)
    assert code == 0, said[-6000:]
    assert " passed" in said


@pytest.mark.tries("names that it does not know go into its hosts file", "install it there")
@of_one_kind
def test_a_laptop_without_the_names_and_a_program_is_told(
    room: ClassRoom, tmp_path: Path, told: Told
) -> None:
    hosts, ce = room.site.with_name("hosts"), load(room.site).ce.fqdn
    before = hosts.read_text()

    def reaches(run: str) -> CheckResult:
        _, said = checked(room, tmp_path / run, f"{OUT}::test_laptop_reaches_all")
        verdict = tmp_path / run / "verdict.json"
        assert verdict.exists(), said[-3000:]
        return Verdict.from_json(verdict.read_text()).checks[0]

    hosts.write_text(before.replace(HOST, "10.8.0.66"))
    try:
        found = reaches("unknown")
    finally:
        hosts.write_text(before)
    assert found.outcome is Outcome.FAILED
    assert f"on {NAME}, {ce} is 10.8.0.66, not {HOST}" in found.message
    told(found.remedy)
    with removed(room, KEYSCAN):
        found = reaches("lacking")
    assert found.outcome is Outcome.PASSED, found.message
    assert f"{NAME} lacks {KEYSCAN}: {PROGRAMS[KEYSCAN]}" in found.warnings
    told(found.remedy)
    assert not [warning for warning in reaches("whole").warnings if KEYSCAN in warning]


@pytest.mark.tries(
    "root of this machine must reach it by `ssh -o BatchMode=yes …`",
    "install it there, or name another laptop",
)
@of_one_kind
def test_a_laptop_that_can_not_be_used_is_told(room: ClassRoom, told: Told) -> None:
    room.at_host("mv /root/.ssh/config /root/.ssh/away")
    try:
        said = lacking(room, PYTHON)
    finally:
        room.at_host("mv /root/.ssh/away /root/.ssh/config")
    assert f"the laptop {NAME} can't be reached" in said
    told(said.partition("do:")[2].strip())
    with removed(room, PYTHON):
        said = lacking(room, PYTHON)
    assert f"the laptop {NAME} lacks {PYTHON}" in said
    told(said.partition("do:")[2].strip())
    assert lacking(room, PYTHON) == ""


UNDOING = {
    "has lost its rules": "nft flush ruleset",
    "has lost the address": "ip address flush dev {inner}",
    "no longer forwards": "echo 0 > /proc/sys/net/ipv4/conf/{inner}/forwarding",
    "has lost the address ": "ip link set dev {inner} down",
}
"""What others on the host do, and what the box says of its network then."""


@pytest.mark.tries("./icebox restore --box … dom0 lays it anew")
@pytest.mark.parametrize("said", UNDOING)
def test_what_others_undo_is_noticed_and_laid_anew(room: ClassRoom, said: str, told: Told) -> None:
    inner = "boxbr0" if 'kind = "local"' in room.site.read_text() else "icebox0"
    room.at_host(UNDOING[said].format(inner=inner))
    status = room.icebox("status", "--box", BOX)
    assert status.code == 1, status.output
    assert f"the network of the box {BOX} " in status.output
    assert said in status.output
    told(re.search(r"do:\s+(.* dom0 lays it anew);", status.output)[1])
    done = room.icebox("restore", "--box", BOX, "dom0")
    assert done.code == 0, done.output
    assert "it is laid anew" in done.output
    assert "is as it was made" in room.icebox("restore", "--box", BOX, "dom0").output
    assert room.ssh("student01", "hostname -s") == f"{load(room.site).ui.name}\n"
    assert room.icebox("status", "--box", BOX).code == 0


def test_it_stands_still_and_goes_back_while_laptops_look_on(room: ClassRoom) -> None:
    def well(word: str, *more: str) -> str:
        done = room.icebox(word, "--box", BOX, *more)
        assert done.code == 0, done.output
        return done.output

    room.ssh("student01", "rm -f later; echo old > memo")
    well("suspend")
    assert "suspended since" in room.icebox("status", "--box", BOX).output
    well("snapshot", "monday")
    well("resume")
    room.ssh("student01", "echo new > memo; touch later")
    well("revert", "monday")
    assert room.ssh("student01", "cat memo; ls") == "old\nmemo\n"
    well("status")
    assert "ready" not in well("snapshots"), "a spare run can't be where others see it"


def test_the_names_follow_the_host_to_another_address(room: ClassRoom) -> None:
    for address in (ELSEWHERE, HOST):
        room.at_host(f"ip -4 address flush dev eth0; ip address add {address}/24 dev eth0; {WAY_OUT}")
        wait_for(
            f"the names to lead to {address}",
            lambda address=address: _public(room) == (address, address),  # type: ignore[misc]
            FOLLOWING,
            where="the log follow.log of the dom0",
        )
        assert room.ssh("student01", "hostname -s", host=address) == f"{load(room.site).ui.name}\n"


def _public(room: ClassRoom) -> tuple[str, str]:
    """Where the box says that it is, and where its name leads for a node."""
    status = room.icebox("status", "--json", "--box", BOX)
    name = load(room.site).ce.fqdn
    asked = room.icebox("ssh", "--box", BOX, "wn", "getent", "ahostsv4", name)
    return json.loads(status.output)["public_address"], asked.output.partition(" ")[0]


@pytest.mark.tries("stop it first: ./icebox stop --box …")
def test_another_box_has_to_wait_until_this_one_has_gone(room: ClassRoom, told: Told) -> None:
    refused = room.start(f"{BOX}2")
    assert refused.code == 2
    assert f"the box '{BOX}' is in this machine's network already" in refused.output
    told(refused.output.partition("do:")[2].strip())
    assert room.icebox("stop", "--box", BOX).code == 0
    assert room.judged() == "fit"
