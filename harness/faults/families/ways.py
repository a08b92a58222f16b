"""What works by itself, and not for whoever comes from there: ways that one node closes, limits of a unit."""

from __future__ import annotations

from harness.faults.families.network import DEVICE
from harness.faults.fault import DOM0, Fault, Step
from harness.faults.steps import run_otherwise, settings


def _shut(name: str, about: str, finding: str, role: str, address: str) -> Fault:
    """A route on a node that leads packets for an address nowhere, as some intrusion filters lay them."""
    return Fault(
        name,
        about,
        finding,
        (
            Step(
                role,
                f"ip route replace blackhole {address}/32",
                f"ip route del blackhole {address}/32 2>/dev/null || true",
            ),
        ),
    )


def _led_nowhere(name: str, about: str, which: str) -> Fault:
    """A rule of routing on the dom0, which has no say in its packet filter."""
    rule = f"ip rule %s pref 900 {which} prohibit"
    return Fault(
        name, about, "barrier@dom0", (Step(DOM0, rule % "add", f"{rule % 'del'} 2>/dev/null || true"),)
    )


FAULTS = (
    _led_nowhere("dom0-wn-not-to-se", "the dom0 leads nothing from WN to SE", "from $wn/32 to $se/32"),
    _led_nowhere(
        "dom0-wn-not-out",
        "the dom0 leads nothing from the WN to the outside",
        "from $wn/32 to $resolver/32",
    ),
    _led_nowhere(
        "dom0-laptop-not-to-se",
        "the dom0 leads nothing from the laptop outside to the SE",
        "from $laptop/32 to $se/32",
    ),
    Fault(
        "kernel-ui-short-lived",
        "by a setting of the UI's kernel its packets live for one hop: they get to no further than the dom0",
        "barrier@ui",
        (Step("ui", "sysctl -qw net.ipv4.ip_default_ttl=1", "sysctl -qw net.ipv4.ip_default_ttl=64"),),
    ),
    Fault(
        "neighbour-wn-stale",
        "the WN was told by hand of an address of the dom0's card that it has no more",
        "barrier@wn",
        (
            Step(
                "wn",
                f"ip neigh replace $gateway lladdr 02:00:00:00:00:99 nud permanent {DEVICE}",
                f"ip neigh del $gateway {DEVICE} 2>/dev/null || true",
            ),
        ),
    ),
    Fault(
        "neighbour-dom0-stale",
        "the dom0 was told by hand of an address of the SE's card that it has no more",
        "barrier@dom0",
        (
            Step(
                DOM0,
                "ip neigh replace $se lladdr 02:00:00:00:00:99 nud permanent dev $bridge",
                "if ip neigh show $se dev $bridge nud permanent | grep -q 02:00:00:00:00:99; then\n"
                "ip neigh del $se dev $bridge; fi",
            ),
        ),
    ),
    _shut(
        "outbound-wn-shut",
        "the WN gets no answer of the name server outside, whose questions the dom0 leads on",
        "barrier@wn",
        "wn",
        "$resolver",
    ),
    _shut("door-rb-shuns-laptop", "RB answers the laptop outside nothing", "barrier@rb", "rb", "$laptop"),
    Fault(
        "uplink-bridge-no-address",
        "the dom0's bridge has lost its address: nodes have no gateway",
        "uplink@dom0",
        (
            Step(
                DOM0,
                "[ -s $keep/address ] || ip -o -4 address show dev $bridge | "
                "awk '$4 ~ g {print $4, $6}' g=\"^$gateway/\" > $keep/address\n"
                "ip address del $gateway/$(cut -d/ -f2 $keep/address | cut -d' ' -f1) dev $bridge",
                'if [ -s "$keep"/address ]; then read -r whole broadcast < "$keep"/address\n'
                'ip address replace "$whole" broadcast "$broadcast" dev "$bridge"; fi',
            ),
        ),
    ),
    Fault(
        "environment-wn-old-bdii",
        "jobs on the WN ask an information system that is no more",
        "settings@wn",
        (settings("wn", "/etc/profile.d/grid-env.sh", "'s/^export LCG_GFAL_INFOSYS=.*/&.old/'"),),
    ),
    Fault(
        "student-profile-strange",
        "the first student's profile names a directory of CAs that is not there",
        "environment@ui",
        (
            Step(
                "ui",
                "echo 'export X509_CERT_DIR=/nowhere' >> /home/$student/.profile\n"
                "chown $student: /home/$student/.profile",
                "file=/home/$student/.profile; if [ -e $file ]; then\n"
                "sed -i '\\:^export X509_CERT_DIR=/nowhere$:d' $file; [ -s $file ] || rm $file; fi",
            ),
        ),
    ),
    Fault(
        "gridftp-se-may-not-write",
        "by a setting of its unit the GridFTP server can only read the storage area",
        "settings@se",
        (run_otherwise("se", "globus-gridftp-server", r"[Service]\nReadOnlyPaths=$storage\n"),),
    ),
    Fault(
        "catalogue-rb-may-not-write",
        "by a setting of its unit the catalogue can not write to its database",
        "settings@rb",
        (run_otherwise("rb", "icebox-catalogue", r"[Service]\nReadOnlyPaths=/var/lib/icebox-catalogue\n"),),
    ),
    Fault(
        "broker-rb-trusts-nobody",
        "by a setting of its unit the broker sees no CA: it believes no student",
        "settings@rb",
        (
            run_otherwise(
                "rb", "icebox-wms", r"[Service]\nInaccessiblePaths=/etc/grid-security/certificates\n"
            ),
        ),
    ),
)
