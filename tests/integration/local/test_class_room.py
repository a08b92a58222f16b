"""A box in its host's own network: laptops use it, reach nothing else, and nothing of it is left."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.console import Console
from harness.image import build
from harness.sitefile import load
from tests.drill.tried import Told
from tests.integration.leaks.sandbox import settled
from tests.integration.local.classroom import BOX, HOST, LAPTOP, ClassRoom, class_room, service

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("local")]
OWN = 8080
"""Port of a service that the host has itself."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassRoom]:
    """With a box that is up; when it has gone, the host is as it was before."""
    if os.geteuid() != 0:
        pytest.skip("boxes need root")
    build.ensure(Console())
    with class_room(tmp_path_factory.mktemp("local")) as made, service(made.host, OWN):
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
    found = room.open_ports(HOST)
    assert OWN in found
    assert found <= rows | {OWN}
    assert {2119, 2222, 2811} <= found


def test_a_laptop_with_a_route_reaches_no_private_address(room: ClassRoom) -> None:
    site = load(room.site)
    room.laptop.ip(f"route add {site.bridge.network} via {HOST}")
    for address in (site.bridge.address, site.ce.address):
        assert room.open_ports(str(address), [22, 2119, OWN]) == set()
    assert room.open_ports(HOST, [OWN]) == {OWN}, "so packets do come to the host"


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


@pytest.mark.tries("stop it first: ./icebox stop --box …")
def test_another_box_has_to_wait_until_this_one_has_gone(room: ClassRoom, told: Told) -> None:
    refused = room.start(f"{BOX}2")
    assert refused.code == 2
    assert f"the box '{BOX}' is in this machine's network already" in refused.output
    told(refused.output.partition("do:")[2].strip())
    assert room.icebox("stop", "--box", BOX).code == 0
    assert room.judged() == "fit"
