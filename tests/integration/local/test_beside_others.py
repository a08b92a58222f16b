"""A host with the default networks of Docker and libvirt: they stay as they are, with a box and after it."""

from pathlib import Path

from harness.site.ports import DNS_PORT
from tests.integration.leaks.sandbox import difference, settled
from tests.integration.local.classroom import BOX, HOST, WAY_OUT, class_room, service

OTHERS = f"""\
{WAY_OUT}
for each in docker0=172.17.0.1/16 virbr0=192.168.122.1/24; do
    ip link add ${{each%=*}} type bridge
    ip address add ${{each#*=}} dev ${{each%=*}}
    ip link set ${{each%=*}} up
done
echo 1 > /proc/sys/net/ipv4/ip_forward
nft -f - <<'END'
table ip nat {{
    chain DOCKER {{ iifname "docker0" return; iifname != "docker0" tcp dport 8081 dnat to 172.17.0.2:80; }}
    chain PREROUTING {{ type nat hook prerouting priority dstnat; fib daddr type local jump DOCKER; }}
    chain POSTROUTING {{
        type nat hook postrouting priority srcnat;
        oifname != "docker0" ip saddr 172.17.0.0/16 masquerade
    }}
}}
table ip filter {{
    chain DOCKER-USER {{
        iifname {{ "boxbr0", "icebox0" }} accept
        oifname {{ "boxbr0", "icebox0" }} accept
        return
    }}
    chain FORWARD {{
        type filter hook forward priority filter; policy drop;
        jump DOCKER-USER
        oifname "docker0" ct state related,established accept
        iifname "docker0" oifname != "docker0" accept
    }}
}}
table ip libvirt_network {{
    chain guest_output {{ ip saddr 192.168.122.0/24 iifname "virbr0" accept; iifname "virbr0" reject; }}
    chain forward {{ type filter hook forward priority filter; policy accept; jump guest_output; }}
    chain guest_nat {{ type nat hook postrouting priority srcnat; ip saddr 192.168.122.0/24 masquerade; }}
}}
END
"""
"""As dockerd 20.10 and libvirt 11 make them, and what icebox says to do for Docker."""
KEPT = ("links", "addresses", "routes", "rules", "ports")


def test_default_networks_of_docker_and_libvirt(tmp_path: Path) -> None:
    with (
        class_room(tmp_path, OTHERS) as room,
        service(room.host, DNS_PORT, "SOCK_DGRAM", address="192.168.122.1"),
    ):
        room.change("[dom0]", '[dom0]\nresolver = "room"')
        before = room.host.inventory()
        started = room.start()
        assert started.code == 0, started.output
        changed = difference(before, room.host.inventory())
        assert {
            kind: changed[kind]["went"] for kind in KEPT if kind in changed and changed[kind]["went"]
        } == {}
        assert room.ssh("student01", "hostname -s") == "xenuinode\n"
        assert DNS_PORT in room.open_ports(HOST, [DNS_PORT], [DNS_PORT])
        stopped = room.icebox("stop", "--destroy", "--box", BOX)
        assert stopped.code == 0, stopped.output
        assert not settled(room.host, before)
