"""Hosts whose network can't bear a box: one error each before anything is made, and what it says mends it."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.probes import clockkept
from harness.site.ports import DNS_PORT
from tests.drill.tried import Told
from tests.integration.leaks.sandbox import settled
from tests.integration.local.classroom import CLOCK, HOST, WAY_OUT, ClassRoom, class_room, service

DROPPING = """\
table ip {table} {{
    chain {chain} {{ type filter hook forward priority filter; policy {policy}; {rules} }}
}}
"""

CONTAINER = 'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; exec "$@"'
"""A command in one, as container engines make them."""


def nft(**words: str) -> str:
    text = DROPPING.format(**{"policy": "accept", "rules": "", **words})
    return f"{WAY_OUT}; nft -f - <<'END'\n{text}END\n:"


def judged(room: ClassRoom) -> str:
    """What icebox says of the host before it makes a box; the host stays as it is."""
    before = room.host.inventory()
    said = room.judged()
    assert not settled(room.host, before, but=["state"])
    return said


def remedy(said: str) -> str:
    return said.partition("do:")[2].strip()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Callable[..., ClassRoom]]:
    with ExitStack() as stack:
        yield lambda *words: stack.enter_context(class_room(tmp_path, *words))


@pytest.mark.tries('give the box another one, by a line in [network]: instead = "…"')
@pytest.mark.parametrize(
    "line", ["ip address add 192.168.1.33/24 dev eth0", "ip route add 192.168.1.128/25 via 10.8.0.1"]
)
def test_a_network_that_the_lan_has(room: Callable[..., ClassRoom], told: Told, line: str) -> None:
    made = room(f"{WAY_OUT}; {line}")
    said = judged(made)
    told(remedy(said))
    assert "the box's private network 192.168.1.0/24 is in use around this machine" in said
    named = re.search(r"in \[network\]: (instead = .*)", said)
    assert named
    made.change("[network]", f"[network]\n{named[1]}")
    assert judged(made) == "fit"


@pytest.mark.tries("stop them, or give these rows of the port table other host ports")
def test_ports_that_the_host_uses(room: Callable[..., ClassRoom], told: Told) -> None:
    made = room()
    with service(made.host, 2811), service(made.host, 20005):
        said = judged(made)
        told(remedy(said))
        assert "services of this machine hold 2 of the box's ports" in said
        assert re.search(
            r"port 20005 is held by python\S* \(process \d+\); port 2811 is held by python", said
        )
    assert judged(made) == "fit"


@pytest.mark.tries('stop it, or take out `resolver = "room"`: laptops then get the names in hosts files')
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_a_name_server_of_the_hosts(room: Callable[..., ClassRoom], told: Told, kind: str) -> None:
    made = room()
    with service(made.host, DNS_PORT, kind):
        assert judged(made) == "fit", "nobody is to ask the box"
        made.change("[dom0]", '[dom0]\nresolver = "room"')
        said = judged(made)
        told(remedy(said))
        assert "a name server of this machine answers the room already" in said
        assert re.search(r"[Pp]ort 53 is held by python\S* \(process \d+\)", said)
    assert judged(made) == "fit"


@pytest.mark.tries('name the interface, or several: expose = "…" in [dom0] of the site file')
def test_two_default_routes(room: Callable[..., ClassRoom], told: Told) -> None:
    second = "ip link add eth1 type bridge; ip address add 10.9.0.5/24 dev eth1; ip link set eth1 up"
    made = room(f"{WAY_OUT}; {second}; ip route add default via 10.9.0.1 metric 200")
    said = judged(made)
    told(remedy(said))
    assert "this machine has 2 default routes" in said
    assert 'expose = "eth0"' in said
    made.change("[dom0]", '[dom0]\nexpose = "eth0 eth1"')
    assert judged(made) == "fit"


@pytest.mark.tries(
    'connect it, or name the interface of the students\' network in [dom0] of the site file: expose = "eth0"'
)
def test_no_way_out(room: Callable[..., ClassRoom], told: Told) -> None:
    made = room(":")
    said = judged(made)
    told(remedy(said))
    assert "this machine has no way out by IPv4" in said
    made.change("[dom0]", '[dom0]\nexpose = "eth0"')
    assert judged(made) == "fit"


@pytest.mark.tries("give it one, by DHCP or by hand, or name another interface with expose in [dom0]")
def test_ipv6_alone(room: Callable[..., ClassRoom], told: Told) -> None:
    made = room("ip address flush dev eth0; ip address add 2001:db8::5/64 dev eth0")
    made.change("[dom0]", '[dom0]\nexpose = "eth0"')
    said = judged(made)
    told(remedy(said))
    assert "eth0 has no IPv4 address" in said
    assert "it has IPv6 alone (2001:db8::5)" in said
    made.at_host(f"ip address add {HOST}/24 dev eth0")
    assert judged(made) == "fit"


@pytest.mark.tries("name one of: …")
def test_an_interface_that_is_not_there(room: Callable[..., ClassRoom], told: Told) -> None:
    made = room()
    made.change("[dom0]", '[dom0]\nexpose = "wlan7"')
    said = judged(made)
    told(remedy(said))
    assert "no interface and no address wlan7" in said
    assert f"eth0 has {HOST}" in said
    made.change("wlan7", "eth0")
    assert judged(made) == "fit"


@pytest.mark.tries("name another bridge in [network] of the site file, or remove it if nobody needs it")
def test_a_bridge_of_somebody_elses(room: Callable[..., ClassRoom], told: Told) -> None:
    made = room(f"{WAY_OUT}; ip link add boxbr0 type bridge")
    said = judged(made)
    told(remedy(said))
    assert "an interface 'boxbr0' already" in said
    made.change('bridge = "boxbr0"', 'bridge = "schoolbr0"')
    assert judged(made) == "fit"


@pytest.mark.tries('in a room without a time server put clock = "own" into [dom0]')
def test_a_clock_of_its_own(room: Callable[..., ClassRoom], told: Told) -> None:
    if clockkept.is_kept_here():
        pytest.skip("the clock of this machine is synchronized")
    made = room()
    made.change(CLOCK, "")
    said = judged(made)
    assert "nobody synchronizes this machine's clock" in said
    told(remedy(said))
    made.change("[dom0]", f"[dom0]\n{CLOCK}")
    assert judged(made) == "fit"


@pytest.mark.tries("start the box on the machine itself")
def test_a_container_whose_settings_can_not_be_written(room: Callable[..., ClassRoom], told: Told) -> None:
    made = room()
    said = made.judged("unshare", "--mount", "sh", "-ec", CONTAINER, "sh")
    assert "this machine does not let interfaces forward" in said
    told(remedy(said))
    assert judged(made) == "fit"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (nft(table="filter", chain="FORWARD", policy="drop"), ("chain FORWARD", "policy drop")),
        (
            nft(table="ours", chain="onward", rules='oifname "boxbr0" tcp dport 0-65535 drop;'),
            ("onward", "oifname"),
        ),
        (nft(table="ours", chain="onward", rules="ip daddr 10.8.0.0/24 reject;"), ("onward", "reject")),
    ],
)
def test_rules_that_would_stop_it(room: Callable[..., ClassRoom], rules: str, said: tuple[str, ...]) -> None:
    made = room(rules)
    told = judged(made)
    assert "this machine's packet filter would stop" in told
    for each in said:
        assert each in told
    lines = re.search(r"do:\s*(nft insert .*)", told)
    assert lines
    made.at_host(lines[1])
    assert judged(made) == "fit"


def test_a_rule_that_would_stop_laptops_that_ask_for_names(room: Callable[..., ClassRoom]) -> None:
    made = room(nft(table="ours", chain="onward", rules='iifname "eth0" oifname "icebox0" drop;'))
    assert judged(made) == "fit", "nobody is to ask the box"
    made.change("[dom0]", '[dom0]\nresolver = "room"')
    told = judged(made)
    assert "would stop a student's laptop at eth0, to the box's names" in told
    lines = re.search(r"do:\s*(nft insert .*)", told)
    assert lines
    made.at_host(lines[1])
    assert judged(made) == "fit"


def test_rules_that_let_it_through(room: Callable[..., ClassRoom]) -> None:
    accept = "ct state established,related accept; iifname boxbr0 accept; oifname boxbr0 accept;"
    made = room(nft(table="filter", chain="FORWARD", policy="drop", rules=accept))
    assert judged(made) == "fit"
