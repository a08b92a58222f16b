"""The batch system: queues, the states of WNs, their load, and the key of munge."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, modes, settings


def all_queues(state: str) -> str:
    """Shell that puts each queue into a state."""
    return f"for q in $(sinfo -h -o %R | sort -u); do scontrol update partitionname=$q state={state}; done"


def _queues(name: str, about: str, state: str) -> Fault:
    return Fault(f"queue-ce-{name}", about, "queues@ce", (Step("ce", all_queues(state), all_queues("UP")),))


def _wn(name: str, about: str, put: str, take: str) -> Fault:
    return Fault(f"wn-{name}", about, "slurmd@wn", (Step("ce", put, take),))


MANAGERS_END = (
    "pkill globus-job-man || true\n"
    "timeout 10 sh -c 'while pgrep globus-job-man; do sleep 0.2; done' >/dev/null || "
    "pkill -KILL globus-job-man || true"
)
"""One that still waits for somebody who asked for a job goes on with the settings that it began with."""
RESUME = "pbsnodes -r $wn_name; scontrol update nodename=$wn_name state=resume 2>/dev/null || true"

FAULTS = (
    Fault(
        "queue-ce-closed",
        "one queue of the CE, the students' own, is closed",
        "queues@ce",
        (
            Step(
                "ce",
                "scontrol update partitionname=$queue state=DOWN",
                "scontrol update partitionname=$queue state=UP",
            ),
        ),
    ),
    _queues("all-inactive", "no queue of the CE takes or starts a job", "INACTIVE"),
    _queues("all-draining", "the queues of the CE take no new jobs", "DRAIN"),
    _wn("offline", "somebody has set the WN offline", "pbsnodes -o $wn_name", RESUME),
    _wn(
        "drained",
        "the WN is drained: it ends what it has and takes nothing more",
        "scontrol update nodename=$wn_name state=drain reason=maintenance",
        RESUME,
    ),
    _wn(
        "failed",
        "the scheduler has been told that the WN fails; it would have one that is down back at once",
        "scontrol update nodename=$wn_name state=fail reason=broken",
        RESUME,
    ),
    Fault(
        "wn-no-property",
        "the WN has lost the property that jobs may ask for: those that do wait",
        "properties@wn",
        (
            Step(
                "ce",
                "scontrol update nodename=$wn_name availablefeatures=old activefeatures=old",
                "scontrol update nodename=$wn_name availablefeatures=lcgpro activefeatures=lcgpro",
            ),
        ),
    ),
    Fault(
        "wn-reserved",
        "all slots of the WN are reserved for an administrator",
        "reserved@wn",
        (
            Step(
                "ce",
                "scontrol create reservation reservationname=fault starttime=now duration=1-0 users=root "
                "nodes=$wn_name flags=ignore_jobs",
                "scontrol delete reservationname=fault 2>/dev/null || true",
            ),
        ),
    ),
    Fault(
        "wn-overloaded",
        "eight programs on the WN want all the processor: what else runs there waits",
        "load@wn",
        (Step("wn", "run sh -c 'for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait'", "ended"),),
    ),
    Fault(
        "munge-wn-key-differs",
        "the WN has another munge key than the CE: they do not believe each other",
        "mungekey@wn",
        (
            changed(
                "wn",
                "/etc/munge/munge.key",
                "cd /etc/munge; chmod 600 munge.key; head -c 128 /dev/urandom > munge.key\n"
                "chmod 400 munge.key",
                "systemctl restart munge slurmd",
            ),
        ),
    ),
    Fault(
        "munge-ce-key-open",
        "everybody can read the CE's munge key: munge does not start with it",
        "mungekey@ce",
        (modes("ce", "/etc/munge/munge.key", "644", after="systemctl restart munge"),),
    ),
    Fault(
        "slurm-ce-settings-broken",
        "the batch server's settings have a line that it does not understand",
        "slurmctld@ce",
        (
            changed(
                "ce",
                "/etc/slurm/slurm.conf",
                "echo 'NoSuchSetting=1' >> /etc/slurm/slurm.conf",
                "systemctl restart slurmctld",
            ),
        ),
    ),
    Fault(
        "pbs-ce-qsub-broken",
        "job managers call a qsub that is not there",
        "settings@ce",
        (
            settings(
                "ce",
                "/etc/globus/globus-pbs.conf",
                "'s:^qsub=.*:qsub=/usr/bin/nosuch:'",
                MANAGERS_END,
            ),
        ),
    ),
)
