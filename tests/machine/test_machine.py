"""A box on Debian as it is installed: its own kernel, systemd as first process, cgroup v2 alone.

A command of its own, ``./icebox test -e machine``: minutes per machine, most of them spent in emulation.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping

import pytest

from harness import interrupt
from harness.checks import clock
from harness.errors import CheckFailed
from harness.state import checkout
from tests.drill.tried import Told, failing
from tests.machine import room
from tests.machine.machine import Done, Machine
from tests.machine.place import place

LIMIT = 3 * 3600.0
"""Seconds for what is done in one boot of the emulator; six minutes if this machine has little else to do."""
BOOTING = 1800.0
"""Seconds for the machine to come to a shell; half a minute if this machine has little else to do."""
PROGRAMS = {
    "git": "git",
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "qemu-system-x86_64": "qemu-system-x86",
}
HOST = (
    "find /sys/fs/cgroup -maxdepth 2 -name 'icebox*'; pgrep -a libvirtd; pgrep -a holder.sh; "
    "grep icebox /proc/self/mountinfo; ip -brief address; nft list ruleset; "
    "find /etc/systemd/system -name 'icebox*'; ls /sys/kernel/security/apparmor/policy/namespaces"
)
"""Shows whatever a box could leave on the machine."""
TRACES = ("/sys/fs/cgroup/icebox-trial.", " libvirtd ", "/holder.sh trial ")
"""What it shows of a box that is up."""
STUDENT = "./icebox ssh --box trial --as student01 ui --"
JOB = (
    "voms-proxy-init -quiet -voms gilda && "
    "globus-job-run xencenode.sytes.net:2119/jobmanager-pbs -q short /bin/hostname"
)
LINES = {
    **room.BEFORE,
    "cgroups": "mount -t cgroup2,cgroup",
    "before": HOST,
    "start": f"./icebox start --box trial {room.SHARED}",
    "profiles": "grep enforce /sys/kernel/security/apparmor/profiles",
    # An emulated machine is busy with what follows a boot for as long as some of these take.
    "status": "for n in $(seq 9); do ./icebox status --box trial --json > /tmp/status && break; done; "
    "cat /tmp/status",
    "root": "./icebox ssh --box trial ce cat /proc/self/uid_map",
    "doors": "./icebox ssh --box trial ce python3 -I - host < harness/probes/doors.py",
    "login": f"{STUDENT} hostname -f",
    "job": f"{STUDENT} '{JOB}'",
    # As an account of a person, on a node's own disk and in a home that CE and WNs share; root's has no end.
    "share": f"{STUDENT} 'fallocate -l 900M most; fallocate -l 900M more; rm most more'",
    # What such a job says is lost: that would be kept in its home.
    "jobshare": f"{STUDENT} globus-job-run xencenode.sytes.net /usr/bin/fallocate -l 1200M more; "
    "./icebox ssh --box trial ce 'stat -c %s /home/gilda0*/more; rm /home/gilda0*/more'",
    "noshare": "./icebox ssh --box trial ui 'fallocate -l 1200M /var/tmp/more && rm /var/tmp/more'",
    "up": HOST,
    **room.UP,
    "stop": "./icebox stop --box trial",
    "again": f"./icebox start --box trial {room.SHARED} && {STUDENT} 'hostname -f; touch stored; sync'",
    "enable": f"./icebox enable --box trial {room.SHARED}",
}
UNIT = "icebox-trial.service"
AFTER_A_POWER_CUT = {
    "booted": f"systemctl is-active {UNIT}; systemctl --failed --no-legend",
    "journal": f"journalctl --boot --unit {UNIT} --no-pager",
    "stored": f"{STUDENT} ls stored",
    "off": f"systemctl stop {UNIT} && ./icebox status --box trial --json",
    "disable": "./icebox disable --box trial && { systemctl list-unit-files --no-legend 'icebox*' || true; }",
    "destroy": "./icebox stop --box trial --destroy",
    "ledger": "./icebox ledger --json",
    "boxes": "ls -A /run/icebox /var/lib/icebox/boxes",
    "after": HOST,
}
ALL = LINES | AFTER_A_POWER_CUT
MUST_SUCCEED = (
    *("lan", "away", "chrony"),
    *(
        "start",
        "profiles",
        "status",
        "root",
        "doors",
        "login",
        "job",
        "share",
        "jobshare",
        "noshare",
        "stop",
        "again",
        "enable",
        "booted",
        "stored",
        "disable",
        "destroy",
    ),
    *("ledger", "boxes"),
)


@pytest.fixture(scope="session", autouse=True)
def means() -> None:
    """What has to be there; and whoever ends this run by a signal gets it tidied, too."""
    if os.geteuid() != 0:
        pytest.skip("a root file system is made by root")
    if missing := [package for program, package in PROGRAMS.items() if shutil.which(program) is None]:
        pytest.fail(f"not installed: apt-get install {' '.join(missing)}", pytrace=False)
    interrupt.as_keyboard()


@pytest.mark.tries(
    "it wants bridges, veth and nftables with NAT: use Debian's kernel, or one that has them",
    "apt-get install chrony",
    "install `chrony` on the machine that hosts the box",
    "set the clock of the machine named (`date`, or `chronyc makestep`) and have chrony keep it",
)
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_box_on_debian(suite: str, told: Told) -> None:
    begun = time.monotonic()
    with place(suite) as directory:
        machine = Machine(suite, directory, packages=("e2fsprogs", "quota"))
        machine.fetch("chrony")
        room.lay(machine.root)
        set_up = time.monotonic() - begun
        done = machine.run(LIMIT, LINES, AFTER_A_POWER_CUT)
        _set_the_clock(machine, told)
    _keep(suite, done, set_up, time.monotonic() - begun)
    mounted = [line.split()[2:5:2] for line in done["cgroups"].output.splitlines()]
    assert mounted == [["/sys/fs/cgroup", "cgroup2"]]
    for name in MUST_SUCCEED:
        assert done[name].code == 0, f"{ALL[name]}:\n{done[name].output}"
    _expect_of_the_room({name: end.output for name, end in done.items()}, told)
    status = json.loads(done["status"].output)
    assert (status["silent"], status["missing_walls"]) == ([], [])
    assert int(done["root"].output.split()[1]) > 0x71000000, "root of a node is root of the machine"
    tried = [line.split("\t") for line in done["doors"].output.splitlines()]
    assert tried
    assert [what for said, what, _ in tried if said != "refused"] == []
    assert done["login"].output.split() == ["xenuinode.sytes.net"]
    assert done["job"].output.split() == ["xenwnnode.sytes.net"]
    assert 0 < int(done["jobshare"].output) <= 10**9
    assert "fallocate failed: Disk quota exceeded" in done["share"].output
    for trace in TRACES:
        assert trace in done["up"].output
        assert trace not in done["before"].output, "the set-up has a service of this machine started"
    assert done["again"].output.split()[-1] == "xenuinode.sytes.net"
    assert done["booted"].output.split() == ["active"], done["journal"].output
    assert "booted anew while it was up" in done["journal"].output
    assert done["stored"].output.split() == ["stored"]
    assert json.loads(done["off"].output.splitlines()[-1]) == {"box": "trial", "state": "down"}
    assert done["disable"].output.splitlines()[1:] == [], "systemd knows the unit still"
    assert done["boxes"].output.split() == ["/run/icebox:", "/var/lib/icebox/boxes:"]
    assert done["after"].output == done["before"].output, "the box left something"


def _expect_of_the_room(said: Mapping[str, str], told: Told) -> None:
    assert "this machine's kernel can't lay the network of a box" in said["without"]
    told(room.told(said["without"]))
    assert said["with"] == "fit\n", "Debian's kernel"
    assert "nobody synchronizes this machine's clock" in said["unsynchronized"]
    told(room.told(said["unsynchronized"]))
    assert "dom0: nobody synchronizes its clock" in said["alone"]
    told(room.told(said["alone"]))
    assert (said["kept"], said["fit"]) == ("", "fit\n")


def _set_the_clock(machine: Machine, told: Told) -> None:
    """It is the one test that has a clock of its own."""
    with machine.shell(BOOTING) as ask:
        assert ask("date -s '10 minutes ago'").ok
        failing(told, lambda: clock.expect_agreement([clock.read("the machine's clock", ask)]), CheckFailed)
        assert ask(f"date -s @{time.time():.0f}").ok
        clock.expect_agreement([clock.read("the machine's clock", ask)])


def _keep(suite: str, done: Mapping[str, Done], set_up: float, whole: float) -> None:
    """Leave what was seen, with its seconds, for people: reports/machine-SUITE.log."""
    parts = [f"{suite}: {whole:.0f} s, {set_up:.0f} s of them before the emulation\n"]
    parts += [
        f"== {ALL[name]}\n{end.output}== {end.code} after {end.seconds} s\n" for name, end in done.items()
    ]
    path = checkout() / "reports" / f"machine-{suite}.log"
    path.write_text("\n".join(parts))
