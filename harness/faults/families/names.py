"""Names: wrong, stale and missing, as each machine sees them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.faults.fault import OUTSIDE, Fault, Step
from harness.faults.steps import changed

HOSTS, RESOLVER = "/etc/hosts", "/etc/resolv.conf"
ZONE = "/run/named"
PID = f"$(cat {ZONE}/named.pid)"
TELL = (
    f"sed -n '/^key/,/^}};/p' {ZONE}/named.conf > {ZONE}/fault.key; chmod 600 {ZONE}/fault.key\n"
    f"nsupdate -k {ZONE}/fault.key <<RECORDS\nserver 203.0.113.53\nzone $domain\n%s\nsend\nRECORDS\n"
    f"rm {ZONE}/fault.key"
)
"""What a trainer's name service is told, by the box's own key."""


def _hosts(role: str, line: str) -> Step:
    """Written in place: on some machines it is mounted."""
    copy = f'"$keep"{HOSTS}'
    return Step(
        role,
        f"mkdir -p $keep/etc; [ -s {copy} ] || cp {HOSTS} {copy}\n{line}",
        f"[ ! -s {copy} ] || cat {copy} > {HOSTS}",
    )


def _records(update: str, back: str) -> Step:
    return Step(OUTSIDE, TELL % update, f"[ ! -e {ZONE}/named.conf ] || {{ {TELL % back}\n}}")


def _of_each() -> Iterator[Fault]:
    for role in ("ce", "wn", "se", "ui", "rb"):
        victim = "ce" if role == "se" else "se"
        yield Fault(
            f"names-{role}-wrong",
            f"on the {role.upper()}, the public name of the {victim.upper()} leads to no machine",
            f"names@{role}",
            (_hosts(role, f"echo 192.0.2.1 ${victim}_fqdn >> {HOSTS}"),),
        )
        yield Fault(
            f"names-{role}-no-server",
            f"the {role.upper()} asks a name server that is not there",
            f"names@{role}",
            (changed(role, RESOLVER, f"sed -i 's/^nameserver .*/nameserver 192.0.2.53/' {RESOLVER}"),),
        )


FAULTS = (
    *_of_each(),
    Fault(
        "names-ce-neighbour-wrong",
        "the CE has another address for the SE's short name",
        "names@ce",
        (_hosts("ce", f'sed "s/^$se /192.168.1.44 /" $keep{HOSTS} > {HOSTS}'),),
    ),
    Fault(
        "names-wn-neighbour-missing",
        "the WN knows no short name of its neighbours",
        "names@wn",
        (_hosts("wn", f"echo 127.0.0.1 localhost > {HOSTS}"),),
    ),
    Fault(
        "names-outside-wrong",
        "on the laptop outside, the UI's name leads elsewhere",
        "dns@dom0",
        (_hosts(OUTSIDE, f"echo 192.0.2.1 $ui_fqdn >> {HOSTS}"),),
    ),
    Fault(
        "names-zone-stale",
        "the name service still has the SE at an address that the box has left",
        "dns@dom0",
        (
            _records(
                "update delete $se_fqdn. A\nupdate add $se_fqdn. 60 A 203.0.113.77",
                "update delete $se_fqdn. A\nupdate add $se_fqdn. 60 A $public",
            ),
        ),
    ),
    Fault(
        "names-zone-missing",
        "the name service has no record of the CE",
        "dns@dom0",
        (
            _records(
                "update delete $ce_fqdn. A",
                "update delete $ce_fqdn. A\nupdate add $ce_fqdn. 60 A $public",
            ),
        ),
    ),
    Fault(
        "names-server-hung",
        "the name server hangs: each question waits, and none is answered",
        "dns@dom0",
        (Step(OUTSIDE, f"kill -STOP {PID}", f"[ ! -e {ZONE}/named.pid ] || kill -CONT {PID}"),),
    ),
    Fault(
        "names-ce-hostname-wrong",
        "the CE calls itself otherwise",
        "hostname@ce",
        (changed("ce", "/etc/hostname", "echo wrong > /etc/hostname", "hostname -F /etc/hostname"),),
    ),
    Fault(
        "names-ui-hostname-wrong",
        "the UI calls itself otherwise",
        "hostname@ui",
        (changed("ui", "/etc/hostname", "echo wrong > /etc/hostname", "hostname -F /etc/hostname"),),
    ),
)
