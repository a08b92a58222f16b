"""network-gridbox, on a host in a class room of namespaces: what it makes, and that all of it goes."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.errors import ExitCode
from tests.drill.tried import Told
from tests.integration.local.classroom import BOX, HOST, ROUTER, ClassRoom, class_room
from tests.integration.network.machines import serving
from tests.integration.network.netns import Namespace

CE, BRIDGE, OTHER = "192.168.1.2", "boxbr0", f"{BOX}2"
STATE = (
    "nft list ruleset; ip -4 address; ip -4 route; ip -br link; "
    "cat /proc/sys/net/ipv4/conf/eth0/forwarding /proc/sys/net/ipv4/ip_forward"
)
"""All of the host's network that the command could change."""
OWN = (
    "nft add table ip own; nft add chain ip own input '{ type filter hook input priority 5; policy accept; }'"
)
"""A rule that the host has itself."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassRoom]:
    """A host with a box that is installed in files."""
    with class_room(tmp_path_factory.mktemp("gridbox")) as made:
        made.at_host(OWN)
        top = made.site.parent / "installed"
        done = made.icebox("install", "--files", str(top), "--box", BOX, "--site", str(made.site))
        assert done.code == 0, done.output
        yield made


def network(room: ClassRoom, what: str) -> str:
    done = room.icebox("network-gridbox", what, "--box", BOX)
    assert done.code == ExitCode.GO, done.output
    return done.output


@pytest.fixture
def before(room: ClassRoom) -> Iterator[str]:
    """The host's network without the box's; compared with what is there afterwards."""
    state = room.at_host(STATE)
    yield state
    network(room, "stop")
    assert room.at_host(STATE) == state


@pytest.fixture
def machine(room: ClassRoom, before: str) -> Iterator[Namespace]:
    """The CE as Xen would plug it in: a machine at the bridge."""
    network(room, "start")
    with ExitStack() as stack:
        made = stack.enter_context(Namespace("CE"))
        made.ip(f"link add eth0 type veth peer name vif1.0 netns {room.host.init}")
        room.at_host(f"ip link set vif1.0 up master {BRIDGE}")
        made.ip("link set eth0 up")
        made.ip(f"address add {CE}/24 dev eth0")
        made.ip("route add default via 192.168.1.1")
        yield made
        room.at_host("ip link delete vif1.0")


def said(place: Namespace, host: str, port: int) -> str:
    with place.connect(host, port, 10) as connection:
        return connection.recv(100).decode()


def test_the_port_table_leads_in_and_machines_lead_out(room: ClassRoom, machine: Namespace) -> None:
    with serving(machine, 2119):
        assert said(room.laptop, HOST, 2119).split()[0] == "CE"
    with serving(room.room, 80, address=ROUTER):
        assert said(machine, ROUTER, 80).split() == ["room", "80", HOST], "not masqueraded"


def test_it_is_not_removed_beneath_machines(room: ClassRoom, machine: Namespace) -> None:
    done = room.icebox("network-gridbox", "stop", "--box", BOX)
    assert done.code == ExitCode.BAD_INPUT
    assert "vif1.0" in done.output
    assert "is up" in network(room, "status")


def test_start_reads_the_port_table_anew_and_mends(room: ClassRoom, machine: Namespace) -> None:
    table = room.site.parent / "installed/conf/gridbox-ports.cfg"
    text = table.read_text()
    table.write_text(f"{text}8443>{CE}:443\n")
    try:
        room.at_host("nft list tables | grep -o 'icebox_.*' | xargs nft delete table ip")
        done = room.icebox("network-gridbox", "status", "--box", BOX)
        assert done.code == ExitCode.NO_GO
        assert "has lost its rules" in done.output
        assert "up already" in network(room, "start")
        with serving(machine, 443):
            assert said(room.laptop, HOST, 8443).split()[0] == "CE"
    finally:
        table.write_text(text)


@pytest.mark.usefixtures("before")
def test_status_says_whether_it_is_there(room: ClassRoom) -> None:
    done = room.icebox("network-gridbox", "status", "--box", BOX)
    assert done.code == ExitCode.NO_GO
    assert "is not up" in done.output
    network(room, "start")
    assert "is up" in network(room, "status")
    assert BRIDGE in room.icebox("ledger").output


@pytest.mark.usefixtures("before")
def test_what_the_machine_lost_in_a_boot_is_made_anew(room: ClassRoom) -> None:
    network(room, "start")
    room.at_host(f"ip link delete {BRIDGE}")
    assert "is up.\n" in network(room, "start")
    assert "192.168.1.1/24" in room.at_host(f"ip -4 address show dev {BRIDGE}")


@pytest.mark.usefixtures("before")
def test_a_start_that_was_killed_is_cleaned_up(room: ClassRoom) -> None:
    # Its journal ends before the last line, as a kill leaves it.
    network(room, "start")
    journal = room.host.home / "network/gridbox.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    assert '"kept"' in lines[-1]
    journal.write_text("".join(lines[:-1]))
    assert "network-gridbox that was killed" in room.icebox("ledger", "clean").output
    assert BRIDGE not in room.at_host("ip -br link")


@pytest.mark.usefixtures("before")
def test_a_bridge_of_others_is_left_alone(room: ClassRoom) -> None:
    room.at_host(f"ip link add {BRIDGE} type bridge")
    try:
        done = room.icebox("network-gridbox", "start", "--box", BOX)
        assert done.code == ExitCode.BAD_INPUT
        assert "which no box has made" in done.output
        network(room, "stop")
        assert BRIDGE in room.at_host("ip -br link")
    finally:
        room.at_host(f"ip link delete {BRIDGE}")


@pytest.mark.usefixtures("before")
@pytest.mark.tries("shut these machines down, then ./icebox network-gridbox stop --box NAME")
def test_a_box_that_icebox_starts_does_not_take_its_bridge(room: ClassRoom, told: Told) -> None:
    network(room, "start")
    said = room.judged()
    assert "network-gridbox has made it" in said
    told(said.partition("do:  ")[2])
    network(room, "stop")
    assert room.judged() == "fit"


@pytest.mark.usefixtures("before")
@pytest.mark.tries(
    "./icebox install --files DIR --box …", "./icebox network-gridbox stop --box …, or name that box"
)
def test_another_box(room: ClassRoom, told: Told) -> None:
    def typed(*words: str) -> int:
        done = room.icebox(*words, "--box", OTHER)
        if done.code:
            told(done.output.partition("do:  ")[2].strip())
        return done.code

    assert typed("network-gridbox", "start") == ExitCode.BAD_INPUT, "it is not installed"
    top = str(room.site.parent / "other")
    assert typed("install", "--files", top, "--site", str(room.site)) == ExitCode.GO
    network(room, "start")
    assert typed("network-gridbox", "start") == ExitCode.BAD_INPUT, "there is one on a machine"
    network(room, "stop")
    for what in ("start", "stop"):
        assert typed("network-gridbox", what) == ExitCode.GO
    assert typed("uninstall") == ExitCode.GO
