"""What the packet filter lets through and what it does not, between real machines without services."""

import select
import socket
from collections.abc import Iterator
from contextlib import closing
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.network.nftables import removal
from tests.integration.network.machines import (
    BRIDGE,
    CE,
    OUTSIDE,
    PUBLIC,
    RESOLVER,
    SE,
    Machines,
    machines,
    serving,
)
from tests.integration.network.netns import Namespace

ELSEWHERE = IPv4Address("203.0.113.77")
STRANGER = "192.168.1.99"
OPEN = {22, 2222, 2119, 2811, *range(20000, 20010)}
SCAN_STEP = 4096


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path) as made:
        yield made


def ask(client: Namespace, host: object, port: int, seconds: float = 3.0) -> str:
    """What the server behind a port says: "machine port peer"; "" if there is no answer."""
    try:
        with closing(client.connect(str(host), port, seconds)) as connection:
            return connection.recv(200).decode().strip()
    except (TimeoutError, ConnectionRefusedError):
        return ""


def ask_udp(client: Namespace, host: object, port: int) -> str:
    with closing(client.socket(socket.SOCK_DGRAM)) as sock:
        sock.settimeout(1.0)
        try:
            sock.sendto(b"?", (str(host), port))
            return sock.recv(200).decode()
        except (TimeoutError, ConnectionRefusedError):
            return ""


def send_udp(client: Namespace, host: object, port: int, source: str) -> None:
    with closing(client.socket(socket.SOCK_DGRAM)) as sock:
        sock.bind((source, 0))
        sock.sendto(b"?", (str(host), port))


def silent(client: Namespace, host: object, port: int) -> bool:
    """No answer, not even a refusal."""
    with closing(client.socket()) as sock:
        sock.settimeout(0.3)
        try:
            sock.connect((str(host), port))
        except TimeoutError:
            return True
        except ConnectionRefusedError:
            return False
        return False


def open_ports(client: Namespace, host: object) -> set[int]:
    """Every TCP port of ``host`` that takes a connection."""
    found: set[int] = set()
    for first in range(1, 65536, SCAN_STEP):
        found |= _open_among(client, str(host), range(first, min(first + SCAN_STEP, 65536)))
    return found


def _open_among(client: Namespace, host: str, ports: range) -> set[int]:
    sockets = client.inside(lambda: {port: socket.socket() for port in ports})
    poll = select.poll()
    for port, sock in sockets.items():
        sock.setblocking(False)
        sock.connect_ex((host, port))
        poll.register(sock, select.POLLOUT)
    by_fd = {sock.fileno(): port for port, sock in sockets.items()}
    found: set[int] = set()
    while events := poll.poll(200):
        for fd, _ in events:
            poll.unregister(fd)
            if sockets[by_fd[fd]].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.add(by_fd[fd])
    for sock in sockets.values():
        sock.close()
    return found


@pytest.mark.parametrize(
    ("port", "answer"),
    [
        (2222, "ce 22"),
        (2119, "ce 2119"),
        (2811, "se 2811"),
        (20000, "se 20000"),
        (20009, "se 20009"),
        (22, "dom0 22"),
    ],
)
def test_rows_answer_from_outside(rig: Machines, port: int, answer: str) -> None:
    assert ask(rig.outside, PUBLIC, port) == f"{answer} {OUTSIDE}"


def test_nothing_else_is_open(rig: Machines) -> None:
    assert open_ports(rig.outside, PUBLIC) == OPEN


def test_everything_else_is_silent(rig: Machines) -> None:
    assert [port for port in (53, 111, 2120, 20010) if not silent(rig.outside, PUBLIC, port)] == []
    assert ask_udp(rig.outside, PUBLIC, 53) == ""


def test_private_addresses_are_closed_from_outside(rig: Machines) -> None:
    rig.outside.ip(f"route add {BRIDGE.network} via {PUBLIC}")
    assert silent(rig.outside, CE, 2119)
    assert silent(rig.outside, BRIDGE.address, 2119)
    assert silent(rig.outside, BRIDGE.address, 111)


def test_a_private_source_on_the_uplink_is_dropped(rig: Machines) -> None:
    rig.outside.ip(f"address add {STRANGER}/32 dev lo")
    with closing(rig.outside.socket()) as sock:
        sock.bind((STRANGER, 0))
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.connect((str(PUBLIC), 2119))
    # The hairpin would let the node see it as a friend, from the bridge's address.
    assert "packets 0 " in rig.ce.run("nft", "list", "counters")


def test_a_foreign_source_on_the_bridge_is_dropped(rig: Machines) -> None:
    rig.ce.ip("address add 10.9.9.9/32 dev lo")
    for machine in (rig.dom0, rig.outside):
        machine.ip(
            "route add 10.9.9.9/32 " + (f"dev {BRIDGE.name}" if machine is rig.dom0 else f"via {PUBLIC}")
        )
    with closing(rig.outside.socket(socket.SOCK_DGRAM)) as receiver:
        receiver.bind((str(OUTSIDE), 9999))
        receiver.settimeout(0.3)
        send_udp(rig.ce, OUTSIDE, 9999, source=str(CE))
        assert receiver.recvfrom(9)[1][0] == str(PUBLIC)
        send_udp(rig.ce, OUTSIDE, 9999, source="10.9.9.9")
        with pytest.raises(TimeoutError):
            receiver.recvfrom(9)


def test_a_node_reaches_outside_as_the_public_address(rig: Machines) -> None:
    assert ask(rig.ce, OUTSIDE, 8080) == f"outside 8080 {PUBLIC}"


def test_nodes_reach_each_other_directly(rig: Machines) -> None:
    assert ask(rig.ce, SE, 4711) == f"se 4711 {CE}"


def test_hairpin(rig: Machines) -> None:
    assert ask(rig.ce, PUBLIC, 2811) == f"se 2811 {BRIDGE.address}"
    assert ask(rig.se, PUBLIC, 2222) == f"ce 22 {BRIDGE.address}"


def test_a_node_reaches_itself_through_the_public_address(rig: Machines) -> None:
    assert ask(rig.ce, PUBLIC, 2119) == f"ce 2119 {BRIDGE.address}"


def test_the_dom0_reaches_the_box_through_its_own_public_address(rig: Machines) -> None:
    assert ask(rig.dom0, PUBLIC, 2119).startswith("ce 2119 ")
    assert ask(rig.dom0, CE, 2119).startswith("ce 2119 ")
    assert not silent(rig.dom0, "127.0.0.1", 2119), "loopback stays the dom0's: refused, not lost on its way"


def test_the_dom0_is_closed_to_nodes(rig: Machines) -> None:
    for address in (BRIDGE.address, PUBLIC):
        assert silent(rig.ce, address, 22)
        assert silent(rig.ce, address, 111)
    assert silent(rig.ce, BRIDGE.address, 2811), "the port table is that of the public address"


def test_queries_to_the_bridge_go_to_the_resolver(rig: Machines) -> None:
    assert ask_udp(rig.ce, BRIDGE.address, 53) == f"outside 53 {PUBLIC}"
    assert ask(rig.ce, BRIDGE.address, 53) == f"outside 53 {PUBLIC}"
    assert ask_udp(rig.ce, RESOLVER, 53) == f"outside 53 {PUBLIC}"


def test_without_a_resolver_the_dom0_answers_queries(rig: Machines) -> None:
    rig.load(resolver=None)
    with serving(rig.dom0, 53, udp=True, address=BRIDGE.address), serving(rig.dom0, 53):
        assert ask_udp(rig.ce, BRIDGE.address, 53) == f"dom0 53 {CE}"
        assert ask(rig.ce, BRIDGE.address, 53) == f"dom0 53 {CE}"
        assert silent(rig.outside, PUBLIC, 53)


def test_another_public_address_needs_no_reload(rig: Machines) -> None:
    before = rig.dom0.run("nft", "list", "ruleset")
    with closing(rig.ce.connect(str(OUTSIDE), 8080)):
        rig.dom0.ip(f"address add {ELSEWHERE}/32 dev uplink0")
        rig.dom0.ip(f"address del {PUBLIC}/32 dev uplink0")
    assert ask(rig.outside, ELSEWHERE, 2119) == f"ce 2119 {OUTSIDE}"
    assert ask(rig.outside, PUBLIC, 2119, seconds=0.3) == ""
    assert ask(rig.ce, ELSEWHERE, 2811) == f"se 2811 {BRIDGE.address}"
    assert ask(rig.ce, OUTSIDE, 8080) == f"outside 8080 {ELSEWHERE}"
    assert ask_udp(rig.ce, BRIDGE.address, 53) == f"outside 53 {ELSEWHERE}"
    assert rig.dom0.run("nft", "list", "ruleset") == before


def test_loading_again_changes_nothing_and_cuts_nothing(rig: Machines) -> None:
    before = rig.dom0.run("nft", "list", "ruleset")
    with closing(rig.outside.connect(str(PUBLIC), 2119)) as connection:
        assert connection.recv(100).startswith(b"ce 2119")
        rig.load()
        connection.sendall(b"still there?")
        assert connection.recv(100) == b"still there?"
    assert rig.dom0.run("nft", "list", "ruleset") == before


def test_a_bad_ruleset_leaves_the_old_one(rig: Machines) -> None:
    before = rig.dom0.run("nft", "list", "ruleset")
    with pytest.raises(AssertionError, match="Error"):
        rig.dom0.nft(removal() + "table ip icebox { chain x { jump nowhere\n } }\n")
    assert rig.dom0.run("nft", "list", "ruleset") == before


def test_removed_whole(rig: Machines) -> None:
    rig.dom0.nft(removal())
    assert rig.dom0.run("nft", "list", "ruleset") == ""
    rig.dom0.nft(removal())
