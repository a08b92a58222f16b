"""What looks wrong and is not: no check and no probe may make a finding of it."""

from __future__ import annotations

from harness.faults import papers
from harness.faults.fault import DOM0, Fault, Step
from harness.pki.certificate import Validity

SIGNAL = "systemctl kill --signal"


def _restarted(place: str, unit: str) -> Fault:
    return Fault(
        f"noise-{unit.partition('@')[0]}-restarted",
        f"{unit} on the {place.upper()} was restarted a moment ago",
        "",
        (Step(place, f"systemctl restart {unit}", "true"),),
    )


NOISE = (
    _restarted("ce", "globus-gatekeeper"),
    _restarted("ce", "slurmctld"),
    _restarted("se", "globus-gridftp-server"),
    _restarted("rb", "icebox-catalogue"),
    _restarted("rb", "myproxy-server"),
    Fault(
        "noise-warning-logged",
        "the journal of the CE has errors that nothing came of",
        "",
        (
            Step(
                "ce",
                "for i in 1 2 3; do logger -p daemon.err 'disk error, no space left (test)'; done",
                "true",
            ),
        ),
    ),
    Fault(
        "noise-refused-login",
        "somebody tried to log in as root at the UI, and was refused",
        "",
        (
            Step(
                "ui",
                "ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
                "nobody@127.0.0.1 true 2>/dev/null || true",
                "true",
            ),
        ),
    ),
    Fault(
        "noise-busy-machine",
        "two programs on a WN use all the processors they get",
        "",
        (Step("wn", "run sh -c 'for i in 1 2; do while :; do :; done & done; wait'", "ended"),),
    ),
    Fault(
        "noise-disk-at-80",
        "a small disk on the UI that nobody uses is 80 % full",
        "",
        (
            Step(
                "ui",
                "mkdir -p /mnt/archive; mount -t tmpfs -o size=1m archive /mnt/archive\n"
                "head -c 838860 /dev/zero > /mnt/archive/old",
                "! mountpoint -q /mnt/archive || umount -l /mnt/archive; rm -rf /mnt/archive",
            ),
        ),
    ),
    Fault(
        "noise-stale-file",
        "an expired certificate lies in a directory that nothing reads",
        "",
        (
            Step(
                "se",
                "true",
                "true",
                brings=(("old.pem", lambda box: papers.host_at(box, "se", Validity.over())),),
            ),
        ),
    ),
    Fault(
        "noise-kept-copies",
        "copies of CRLs, and a part of a host certificate, lie beside those that are read, for root alone",
        "",
        (
            Step(
                "se",
                "cd /etc/grid-security; mkdir -p backup; umask 077\n"
                "for f in certificates/*.r0; do cat $f > $f.old; done\n"
                "head -c 200 hostcert.pem > backup/hostcert.pem",
                "cd /etc/grid-security; rm -rf backup certificates/*.r0.old",
            ),
        ),
    ),
    Fault(
        "noise-short-pause",
        "the gatekeeper did not answer for half a second",
        "",
        (
            Step(
                "ce",
                f"{SIGNAL}=STOP globus-gatekeeper; sleep 0.5; {SIGNAL}=CONT globus-gatekeeper",
                f"{SIGNAL}=CONT globus-gatekeeper",
            ),
        ),
    ),
    Fault(
        "noise-ended-job",
        "a job of the batch system ended with an error, as jobs do",
        "",
        (Step("ce", 'su "${vo}050" -s /bin/sh -c "cd && echo exit 3 | qsub -q $queue"', "true"),),
    ),
    Fault(
        "noise-own-dot-file",
        "a student has a directory of his own among those that the shell looks for commands in",
        "",
        (
            Step(
                "ui",
                "echo 'PATH=$HOME/bin:$PATH' > /home/$student/.bash_profile\n"
                "chown $student: /home/$student/.bash_profile",
                "rm -f /home/$student/.bash_profile",
            ),
        ),
    ),
    Fault(
        "noise-further-rule",
        "the dom0 has a table of rules of somebody else, which lets everything through",
        "",
        (
            Step(
                DOM0,
                'nft add table ip "somebody_$mark"',
                'nft delete table ip "somebody_$mark" 2>/dev/null || true',
            ),
        ),
    ),
)
"""Each with what undoes it, as a fault has."""
