"""The dom0: what forwards, masquerades and leads in, and what stands before it."""

from __future__ import annotations

from harness.faults.fault import Fault
from harness.faults.steps import filter_changed, setting

FORWARDING = "/proc/sys/net/ipv4/ip_forward"

FAULTS = (
    Fault(
        "dom0-forwards-nothing",
        "the dom0's kernel does not forward packets",
        "forwarding@dom0",
        (setting(FORWARDING, "0"),),
    ),
    Fault(
        "dom0-masquerade-missing",
        "the dom0 does not masquerade: what nodes send out has private addresses",
        "rules@dom0",
        (filter_changed("flush chain ip $table postrouting"),),
    ),
    Fault(
        "dom0-hairpin-missing",
        "public names do not work from inside: the rule that leads nodes back in is gone",
        "rules@dom0",
        (
            filter_changed(
                "flush chain ip $table postrouting",
                'add rule ip $table postrouting oifname != "$bridge" ip saddr $gateway/24 masquerade',
            ),
        ),
    ),
    Fault(
        "dom0-rules-missing",
        "the dom0 has none of its rules: no port leads to a node",
        "rules@dom0",
        (filter_changed("delete table ip $table"),),
    ),
    Fault(
        "dom0-row-missing",
        "the row of the port table that leads to remote I/O is missing",
        "rules@dom0",
        (filter_changed("delete element ip $table kept_ports { 3147 : $se }"),),
    ),
    Fault(
        "dom0-row-wrong",
        "the port of the gatekeeper leads to the SE",
        "rules@dom0",
        (
            filter_changed(
                "delete element ip $table kept_ports { 2119 : $ce }",
                "add element ip $table kept_ports { 2119 : $se }",
            ),
        ),
    ),
    Fault(
        "dom0-rows-unused",
        "the port table is there, and nothing that comes from outside is led by it",
        "rules@dom0",
        (filter_changed("flush chain ip $table public_ports"),),
    ),
    Fault(
        "dom0-drop-first",
        "a rule that drops all stands before those that let through",
        "rules@dom0",
        (filter_changed('insert rule ip $table forward iifname "$bridge" drop'),),
    ),
    Fault(
        "dom0-drops-incoming",
        "what comes from outside for the nodes is dropped by a rule before all others",
        "rules@dom0",
        (filter_changed('insert rule ip $table forward iifname != "$bridge" ct status dnat drop'),),
    ),
    Fault(
        "dom0-names-not-led",
        "the nodes' questions for names are not led to the name server",
        "rules@dom0",
        (filter_changed("insert rule ip $table prerouting ip daddr $gateway udp dport 53 return"),),
    ),
)
