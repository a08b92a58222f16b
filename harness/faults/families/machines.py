"""Whole machines that hang, and the hypervisor that runs them."""

from __future__ import annotations

from harness.faults.fault import DOM0, Fault, Step

FIRST = 'first=$(pgrep -P "$(pgrep -f -- "--name $box[.]${%s_name} ")" | head -1)'


def _frozen(role: str) -> Fault:
    """As a machine whose processors were taken away: its addresses are there, and nothing moves."""
    find = FIRST % role
    return Fault(
        f"node-{role}-frozen",
        f"the {role.upper()} hangs: none of its processes moves",
        f"node@{role}",
        (
            Step(
                DOM0,
                f'{find}\npkill -STOP --ns "$first" --nslist pid .',
                f'{find}\n[ -z "$first" ] || pkill -CONT --ns "$first" --nslist pid . || true',
            ),
        ),
    )


FAULTS = (
    *map(_frozen, ("ce", "wn", "se", "ui", "rb")),
    Fault(
        "hypervisor-hung",
        "the dom0's hypervisor hangs: nodes run on, and none can be started or powered off",
        "hypervisor@dom0",
        (Step(DOM0, "pkill -STOP -x libvirtd", "pkill -CONT -x libvirtd || true"),),
    ),
)
