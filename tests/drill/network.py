"""Names, addresses, ways in and out."""

from __future__ import annotations

from tests.drill.drill import RESTART, Drill

RULE = "nft insert rule ip icebox"
HOSTS = "sed 's/192.168.1.4/192.168.1.44/' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts"
ANEW = "./icebox stop and start lays them anew"
PORTS = "GLOBUS_TCP_PORT_RANGE in /etc/gridftp.conf of the SE must be the ports that ports.cfg leads there"
DRILLS = (
    Drill(
        "a node that has another's name in its hosts",
        "NET-2",
        "test_nodes_reach_each_other",
        (("ce", f"cp /etc/hosts /etc/hosts.good; {HOSTS}"),),
        "xencenode: xensenode is 192.168.1.44, not 192.168.1.4",
        "look at /etc/hosts of the first node, and whether the other one is up (./icebox status)",
        (("ce", "cp /etc/hosts.good /etc/hosts"),),
        quick=True,
    ),
    Drill(
        "a public name that leads elsewhere on one node",
        "DNS-1",
        "test_names and dns",
        (("wn", "cp /etc/hosts /etc/hosts.good; echo 192.0.2.1 xensenode.sytes.net >> /etc/hosts"),),
        "on xenwnnode, xensenode.sytes.net is 192.0.2.1",
        "if only one machine is wrong: its /etc/hosts and /etc/resolv.conf",
        (("wn", "cp /etc/hosts.good /etc/hosts"),),
    ),
    Drill(
        "a node without a way out",
        "NET-1",
        "test_addresses",
        (("wn", "ip route del default"),),
        "xenwnnode has the default route",
        "`systemctl restart icebox-network` there sets address and route",
        (("wn", "systemctl restart icebox-network"),),
        quick=True,
    ),
    Drill(
        "no masquerade",
        "NET-3",
        "test_outbound",
        (("dom0", "nft flush chain ip icebox postrouting"),),
        "does not reach|is seen from outside as",
        "on the dom0, `nft list ruleset` must show the masquerade rule, and ip_forward must be 1; "
        "./icebox stop and start lays both anew",
        (RESTART,),
    ),
    Drill(
        "a row of the port table that leads nowhere",
        "NET-4",
        "test_port_table",
        (("dom0", "nft delete element ip icebox kept_ports '{ 3147 : 192.168.1.4 }'"),),
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
        (("dom0", "nft flush chain ip icebox postrouting"),),
        "no answer from",
        ANEW,
        (RESTART,),
    ),
    Drill(
        "data ports that are not those of the port table",
        "SE-3",
        "test_from_outside and 1 and se",
        (
            ("se", "cd /etc; cp -a gridftp.conf /root/; sed -i 's/20000,20099/40000,40099/' gridftp.conf"),
            ("se", "systemctl restart globus-gridftp-server"),
        ),
        ".",
        f"{PORTS}; `systemctl restart globus-gridftp-server` after a change",
        (("se", "cp -a /root/gridftp.conf /etc/gridftp.conf; systemctl restart globus-gridftp-server"),),
    ),
)
