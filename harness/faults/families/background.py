"""What nobody looks at until it is missed: units in the background, daemons' books, dot files, ways out."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import modes, stopped

BOOKS = "/var/lib/slurm/slurmctld"
DOT = "/home/$student/.bash_profile"
REKEYED = "wg genkey > $keep/key; wg set batch private-key $keep/key"

FAULTS = (
    Fault(
        "trust-rb-not-watched",
        "new CAs and CRLs on RB do not get to the catalogue: what watches them is stopped",
        "units@rb",
        (stopped("rb", "icebox-catalogue-trust.path"),),
    ),
    Fault(
        "myproxy-rb-disabled",
        "MyProxy runs, and will not when RB comes up again: somebody has disabled it",
        "units@rb",
        (Step("rb", "systemctl disable myproxy-server", "systemctl enable myproxy-server"),),
    ),
    Fault(
        "slurm-ce-books-root",
        "the batch server's books belong to root: it forgets its jobs when it is restarted",
        "spool@ce",
        (modes("ce", BOOKS, "700", "root:root", after="systemctl restart --no-block slurmctld"),),
    ),
    Fault(
        "engine-rb-log-root",
        "the log directory of the broker's engine belongs to root",
        "spool@rb",
        (modes("rb", "/var/log/condor", "755", "root:root"),),
    ),
    Fault(
        "student-profile-exits",
        "the first student's shell ends as soon as it has begun: a curious line in a dot file",
        "programs@ui",
        (Step("ui", f"echo 'exit 1' > {DOT}; chown $student: {DOT}", f"rm -f {DOT}"),),
    ),
    Fault(
        "way-wn-to-se",
        "the WN does not get to the SE's GridFTP server, which everybody else reaches",
        "barrier@wn",
        (
            Step(
                "wn",
                "ip rule add to $public ipproto tcp dport 2811 prohibit",
                "ip rule del to $public ipproto tcp dport 2811 prohibit 2>/dev/null || true",
            ),
        ),
    ),
    Fault(
        "tunnel-wn-key-differs",
        "the WN has another key for the tunnel to the CE than the CE expects",
        "tunnelled@wn",
        (Step("wn", REKEYED, "systemctl restart icebox-batch-tunnel slurmd"),),
    ),
)
