"""Services that are held to too little: files that they may open, processes, memory."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import run_otherwise

MAIN = "$(systemctl show -p MainPID --value {unit})"


def _held(place: str, unit: str, limit: str) -> Step:
    """A limit that somebody set on a service that runs: it is gone when the service starts again."""
    main = MAIN.format(unit=unit)
    return Step(place, f"prlimit --pid {main} --{limit}", f"systemctl restart {unit}")


FAULTS = (
    Fault(
        "limit-ce-gatekeeper-files",
        "the CE's gatekeeper may have a dozen files open, which is next to none",
        "limits@ce",
        (_held("ce", "globus-gatekeeper", "nofile=12:12"),),
    ),
    Fault(
        "limit-se-gridftp-files",
        "the SE's GridFTP server may have forty files open, for all who come",
        "limits@se",
        (_held("se", "globus-gridftp-server", "nofile=40:40"),),
    ),
    Fault(
        "limit-rb-voms-memory",
        "the VOMS server may have a megabyte of addresses, all of which it has",
        "limits@rb",
        (_held("rb", "voms@$vo", "as=1000000:1000000"),),
    ),
    Fault(
        "limit-rb-broker-drop-in",
        "a drop-in lets the broker have 40 files open at a time",
        "limits@rb",
        (run_otherwise("rb", "icebox-wms", r"[Service]\nLimitNOFILE=40\n"),),
    ),
    Fault(
        "limit-ui-four-ports",
        "the UI has four ports for all connections to others",
        "limits@ui",
        (
            Step(
                "ui",
                "[ -s $keep/range ] || cat /proc/sys/net/ipv4/ip_local_port_range > $keep/range\n"
                "sysctl -qw net.ipv4.ip_local_port_range='60000 60003'",
                '[ ! -s "$keep"/range ] || sysctl -qw net.ipv4.ip_local_port_range="$(cat "$keep"/range)"',
            ),
        ),
    ),
)
