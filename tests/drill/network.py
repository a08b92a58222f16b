"""Names, addresses, ways in and out."""

import shlex

from harness.report.verdict import Outcome
from tests.drill.drill import FAULT, HERE, RESTART, Drill

RULE = "nft insert rule ip icebox"
ANEW = "./icebox stop and start lays them anew"
PORTS = (
    "GLOBUS_TCP_PORT_RANGE of the SE must be the ports that ports.cfg leads to it: "
    "`./icebox restore se /etc/gridftp.conf`"
)
FLOOD = (
    "import socket; wire = socket.socket(type=socket.SOCK_DGRAM); "
    '[wire.sendto(bytes(60000), ("127.0.0.1", 9)) for _ in range(4000)]'
)
"""Twice what the kernel keeps for a capture; each processor is busy with it."""
BUSY = (
    "while sleep 0.05; do inode=$(awk 'NR > 1 {print $NF}' /proc/net/packet); "
    '[ "$inode" ] && [ "$inode" != "$known" ] || continue; known=$inode; '
    'capture=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" | cut -d/ -f3); chrt -i -p 0 $capture; '
    f"for _ in $(seq $(nproc)); do python3 -c '{FLOOD}' & done; wait; chrt -o -p 0 $capture; done"
)
"""A machine on which a capture has its turn after all others."""
DRILLS = (
    Drill(
        "a node that has another's name in its hosts",
        "NET-2",
        "test_nodes_reach_each_other",
        ((FAULT, "names-ce-neighbour-wrong"),),
        "xencenode: xensenode is 192.168.1.44, not 192.168.1.4",
        "look at /etc/hosts of the first node, and whether the other one is up (./icebox status)",
        (("ce", "sed 's/192.168.1.44/192.168.1.4/' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts"),),
        quick=True,
    ),
    Drill(
        "a public name that leads elsewhere on one node",
        "DNS-1",
        "test_names and dns",
        ((FAULT, "names-wn-wrong"),),
        "on xenwnnode, xensenode.sytes.net is 192.0.2.1",
        "if only one machine is wrong: its /etc/hosts and /etc/resolv.conf",
        (("wn", "sed '/192.0.2.1/d' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts"),),
    ),
    Drill(
        "a node without a way out",
        "NET-1",
        "test_addresses",
        ((FAULT, "route-wn-missing"),),
        "xenwnnode has the default route",
        "`systemctl restart icebox-network` there sets address and route",
        (("wn", "systemctl restart icebox-network"),),
        quick=True,
    ),
    Drill(
        "no masquerade",
        "NET-3",
        "test_outbound",
        ((FAULT, "dom0-masquerade-missing"),),
        "does not reach|is seen from outside as",
        "on the dom0, `nft list ruleset` must show the masquerade rule, and ip_forward must be 1; "
        "./icebox stop and start lays both anew",
        (RESTART,),
    ),
    Drill(
        "a row of the port table that leads nowhere",
        "NET-4",
        "test_port_table",
        ((FAULT, "dom0-row-missing"),),
        "XRootD server of xensenode",
        f"`nft list ruleset` on the dom0 shows the rows, and {ANEW}",
        (RESTART,),
        (("dom0", "nft list ruleset", "kept_ports"),),
    ),
    Drill(
        "a door beside the port table",
        "NET-5",
        "test_nothing_else",
        (("dom0", f"{RULE} input iifname uplink0 accept; {RULE} forward accept"),),
        "answers",
        "`nft list ruleset` on the dom0 must drop the rest; ./icebox stop and start lays it anew",
        (RESTART,),
    ),
    Drill(
        "public names that do not work from inside",
        "NET-6",
        "test_hairpin",
        ((FAULT, "dom0-masquerade-missing"),),
        "no answer from",
        ANEW,
        (RESTART,),
    ),
    Drill(
        "data ports that are not those of the port table",
        "SE-3",
        "test_from_outside and 1 and se",
        ((FAULT, "gridftp-se-ports-wrong"),),
        ".",
        f"{PORTS}; `systemctl restart globus-gridftp-server` there",
        (
            (HERE, "./icebox restore se /etc/gridftp.conf"),
            ("se", "systemctl restart globus-gridftp-server"),
        ),
    ),
    Drill(
        "a name that leads elsewhere, as after a move that was not told",
        "DNS-1",
        "test_names and dns",
        ((FAULT, "names-zone-stale"),),
        "xensenode.sytes.net: authority 203.0.113.53 says 203.0.113.77, not 203.0.113.10",
        "`./icebox move --address 203.0.113.10` has the provider told again, and says what it answers",
        ((HERE, "./icebox move --address 203.0.113.10"),),
    ),
    Drill(
        "a machine too busy to look at packets",
        "SEC-3",
        "test_capture",
        (("dom0", f"setsid sh -c {shlex.quote(BUSY)} drill-busy </dev/null >/dev/null 2>&1 &"),),
        "packets were not looked at",
        "the machine is too busy: run SEC-3 alone",
        (("dom0", "pkill -f '[d]rill-busy'"),),
        outcome=Outcome.UNKNOWN,
    ),
    Drill(
        "a laptop that the CE can not call back",
        "CE-3",
        "test_from_outside and ce",
        (("dom0", f"{RULE} forward ip saddr 192.168.1.2 ip daddr 203.0.113.1 ct state new drop"),),
        "no answer within .*jobmanager-fork",
        "the CE must reach the laptop at any port: `nft list ruleset` on the dom0 shows what is let out, and "
        "./icebox stop and start lays it anew",
        (RESTART,),
        (("dom0", "nft list ruleset", "203.0.113.1"),),
    ),
    Drill(
        "a CE that calls itself otherwise",
        "CE-1",
        "test_globus_job_run",
        ((FAULT, "names-ce-hostname-wrong"),),
        "error code 3",
        "error code 3, if `hostname` there is not its name: `./icebox restore ce /etc/hostname`, then "
        "`hostname -F /etc/hostname`",
        ((HERE, "./icebox restore ce /etc/hostname"), ("ce", "hostname -F /etc/hostname")),
    ),
)
