"""The wires: routes, addresses, sizes, losses, and ports that are closed on the way."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import wire

DEVICE = "dev eth0"
RULES = "rules@dom0"
"""What drops packets on the way is a rule of the dom0's that somebody put there."""


def _no_route(role: str) -> Fault:
    return Fault(
        f"route-{role}-missing",
        f"the {role.upper()} has no default route: it reaches its neighbours and nothing else",
        f"route@{role}",
        (Step(role, "ip route del default", f"ip route replace default via $gateway {DEVICE}"),),
    )


def _closed(name: str, role: str, port: int, title: str) -> Fault:
    """Dropped on the way: who asks hears nothing, as behind a firewall."""
    return Fault(
        f"port-{name}-{role}-dropped",
        f"packets to the port of the {title} on the {role.upper()} are dropped by a rule of the dom0",
        RULES,
        (wire(f"ip daddr ${role} tcp dport {port} drop"),),
    )


def _taken(name: str, role: str, port: int, unit: str, title: str) -> Fault:
    """Another program has the port, answers, and speaks another protocol."""
    listen = f"python3 -m http.server {port}"
    return Fault(
        f"port-{name}-{role}-taken",
        f"another program answers at the port of the {title} on the {role.upper()}",
        f"port@{role}",
        (
            Step(
                role,
                f"systemctl stop {unit}\nrun --service-type=exec --working-directory=/ {listen}",
                f"ended; systemctl reset-failed {unit} || true; systemctl start {unit}",
            ),
        ),
    )


FAULTS = (
    *map(_no_route, ("ce", "wn", "se", "ui", "rb")),
    Fault(
        "route-se-wrong",
        "the SE's default route leads to the UI, which forwards nothing",
        "route@se",
        (
            Step(
                "se",
                f"ip route replace default via $ui {DEVICE}",
                f"ip route replace default via $gateway {DEVICE}",
            ),
        ),
    ),
    Fault(
        "address-se-missing",
        "the SE has lost its address",
        "address@se",
        (
            Step(
                "se",
                f"ip addr del $se/24 {DEVICE}",
                f"ip addr replace $se/24 {DEVICE}; ip route replace default via $gateway {DEVICE}",
            ),
        ),
    ),
    Fault(
        "address-se-duplicate",
        "the UI has the SE's address as well, and answers for it",
        "address@ui",
        (
            Step(
                "ui",
                f"ip addr add $se/24 {DEVICE}; for peer in $gateway $ce $wn $rb; do\n"
                "arping -q -c 1 -U -I eth0 -s $se $peer 2>/dev/null || ping -q -c 1 -W 1 -I $se $peer "
                ">/dev/null || true; done",
                f"ip addr del $se/24 {DEVICE} 2>/dev/null || true",
            ),
            Step("dom0", "ip neigh flush to $se", "ip neigh flush to $se || true"),
        ),
    ),
    Fault(
        "link-wn-down",
        "the WN's network interface is down",
        "address@wn",
        (
            Step(
                "wn",
                "ip link set eth0 down",
                f"ip link set eth0 up; ip addr replace $wn/24 {DEVICE}\n"
                f"ip route replace default via $gateway {DEVICE}",
            ),
        ),
    ),
    Fault(
        "mtu-se-black-hole",
        "large packets to and from the SE vanish: small words get through, files do not",
        RULES,
        (wire("ip daddr $se ip length > 700 drop", "ip saddr $se ip length > 700 drop"),),
    ),
    Fault(
        "mtu-rb-black-hole",
        "large packets to and from RB vanish: connections open, and handshakes hang",
        RULES,
        (wire("ip daddr $rb ip length > 700 drop", "ip saddr $rb ip length > 700 drop"),),
    ),
    Fault(
        "mtu-ui-low",
        "the UI's interface sends packets of 300 bytes at most",
        "path@ui",
        (Step("ui", "ip link set eth0 mtu 300", "ip link set eth0 mtu 1500"),),
    ),
    Fault(
        "loss-se-half",
        "half of the packets to the SE are lost",
        RULES,
        (wire("ip daddr $se numgen random mod 100 < 50 drop"),),
    ),
    Fault(
        "loss-wn-third",
        "a third of the packets to the WN are lost",
        RULES,
        (wire("ip daddr $wn numgen random mod 100 < 33 drop"),),
    ),
    Fault(
        "slow-se-link",
        "the link to the SE lets 4 kB through in a second",
        RULES,
        (wire("ip daddr $se limit rate over 4 kbytes/second burst 8 kbytes drop"),),
    ),
    Fault(
        "cut-ce-wn",
        "CE and WN do not reach each other, and everybody else reaches both",
        RULES,
        (wire("ip saddr $ce ip daddr $wn drop", "ip saddr $wn ip daddr $ce drop"),),
    ),
    Fault(
        "cut-ui-rb",
        "UI and RB do not reach each other, and everybody else reaches both",
        RULES,
        (wire("ip saddr $ui ip daddr $rb drop", "ip saddr $rb ip daddr $ui drop"),),
    ),
    _closed("gatekeeper", "ce", 2119, "gatekeeper"),
    _closed("bdii", "ce", 2170, "information system"),
    _closed("gridftp", "se", 2811, "GridFTP server"),
    _closed("xrootd", "se", 3147, "XRootD server"),
    _closed("voms", "rb", 15001, "VOMS server"),
    _closed("myproxy", "rb", 7512, "MyProxy server"),
    _closed("broker", "rb", 9000, "broker"),
    _closed("catalogue", "rb", 5010, "catalogue"),
    _taken("gatekeeper", "ce", 2119, "globus-gatekeeper", "gatekeeper"),
    _taken("gridftp", "se", 2811, "globus-gridftp-server", "GridFTP server"),
    _taken("catalogue", "rb", 5010, "icebox-catalogue", "catalogue"),
    _taken("myproxy", "rb", 7512, "myproxy-server", "MyProxy server"),
    Fault(
        "gridftp-se-data-blocked",
        "the SE's ports for data are closed on the way: listings and files hang after the login",
        RULES,
        (wire("ip daddr $se tcp dport >= 20000 drop"),),
    ),
    Fault(
        "callback-ui-blocked",
        "the CE does not reach the UI's ports: files of jobs are not staged, and output does not come",
        RULES,
        (wire("ip daddr $ui tcp dport >= 20000 drop"),),
    ),
    Fault(
        "callback-ce-blocked",
        "nobody reaches the ports at which the CE's job managers answer",
        RULES,
        (wire("ip daddr $ce tcp dport >= 20000 drop"),),
    ),
)
