"""A box in a class room of machines as they are installed, with Docker's and ufw's rules on the host.

A command of its own, ``./icebox test -e local``: everything that a student at the laptop and a trainer at the
host do is typed there, also after a reboot of the host and a change of its address.
"""

import os
import shlex
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import interrupt
from harness.actors.guide import Lines
from harness.sitefile import load
from harness.state import checkout
from tests.integration.local.classroom import CHECK
from tests.local.classroom import ELSEWHERE, HOST, NAME, NETWORK, SITE, room
from tests.machine.machine import Done

LIMIT = 3 * 3600.0
"""Seconds for both boots; twenty minutes if this machine has little else to do."""
PATIENCE = 600
"""Seconds for what follows within a few, on a machine that is emulated."""
PROGRAMS = {
    "git": "git",
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "qemu-system-x86_64": "qemu-system-x86",
    "ssh-keygen": "openssh-client",
}
BOX = "--box room"
START = f"./icebox start {BOX} --site {SITE} --trust-students"
FOLDER, DONE = "/root/student01", "/root/room/done"
INVENTORY = (
    "{ ip -o link | sed 's,link/ether.*,,'; ip -o -4 address; ip route show table all; nft -s list ruleset; "
    "ss -Hlntu | awk '!/127.0.0.1/ {print $1, $5}'; pgrep -a libvirtd; ls -A /run/icebox 2> /dev/null; "
    "sysctl -a 2> /dev/null | grep -E '^net.(ipv4|bridge)' | grep -vE '_mem|entries|max|random|neigh'; "
    "find /sys/fs/cgroup -maxdepth 2 -name 'icebox*'; find /etc/systemd/system -name 'icebox*.service'; "
    "} | sort"
)
"""All of the host that a box could have changed."""
JUDGED = f"""\
for n in 1 2 3 4 5; do
    PYTHONPATH=. /var/lib/icebox/python/*/bin/python -c {shlex.quote(CHECK)} {SITE} > said
    cat said
    grep -qx fit said && break
    do=$(sed -n 's/^ *do: *//p' said)
    echo "did: $do"
    sh -ec "$do"
    echo "$do" >> {DONE}
done
grep -qx fit said"""
"""What icebox says of the host, and to do, is done until it says no more."""
LASTING = f"""\
mkdir /etc/systemd/system/icebox-room.service.d
printf '[Unit]\\nAfter=docker.service\\n[Service]\\nExecStartPre=/bin/sh {DONE}\\n' \
    > /etc/systemd/system/icebox-room.service.d/docker.conf
systemctl daemon-reload"""
"""As docs/class-room.md says: what was typed for Docker is typed again at each boot."""


def until(line: str) -> str:
    """Asked again until it holds, or for long."""
    return f"timeout {PATIENCE} sh -c {shlex.quote(f'until {line}; do sleep 2; done')}"


def at_laptop(line: str) -> str:
    return f"ssh {NAME} {shlex.quote(line)}"


def student(line: str) -> str:
    """Typed on the UI by a student who sits at the laptop, with what is handed out, word for word."""
    return at_laptop(f"cd {FOLDER} && ssh -F config -o BatchMode=yes ui {shlex.quote(line)}")


def handed_out() -> str:
    """The folder of a student, on the laptop."""
    folder = "/var/lib/icebox/boxes/room/handout/student01"
    again = at_laptop(f"rm -rf {FOLDER}")
    return f"./icebox handout {BOX} && {again} && scp -rpq {folder} {NAME}:{FOLDER}"


def asking(domain: str) -> str:
    """What the handout's file ``names`` says for Linux, and what comes of it."""
    told = f"sed -n '/^Linux with systemd-resolved/,/^Linux without/s/^  //p' {FOLDER}/names | sh -e"
    return at_laptop(f"{told}; resolvectl query --legend=no xencenode.{domain}")


def boots() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What is done before the plug is pulled, and after it."""
    site = load(checkout() / "icebox.toml")
    lines = Lines(site, person="student01")
    guide = {
        "proxy": student(lines.proxy),
        "infosites": student(lines.infosites("ce")),
        "fork": student(lines.fork),
        "batch": student(lines.batch),
        "broker": student(
            f"printf %s {shlex.quote(lines.jdl)} > hw.jdl; glite-job-submit -o id hw.jdl > /dev/null; "
            "until glite-job-status -i id | grep -q Done; do sleep 2; done; "
            "glite-job-output --dir out -i id > /dev/null; cat out/*/hw.out"
        ),
        "stored": student(f"lfc-mkdir -p /grid/{site.vo}/student01; {lines.registered(site.se.fqdn)}"),
    }
    first = {
        "laptop": f"{until(f'ssh -o ConnectTimeout=5 {NAME} true')}; ssh {NAME} ip -4 -o address",
        "cgroups": "mount -t cgroup2,cgroup",
        "ufw": f"ufw --force enable; {JUDGED}",
        "docker": "ufw disable; systemctl enable --now docker",
        "docker-too": f": > {DONE}; {JUDGED}",
        # So ufw has it for what comes after it, as eth0 at the next boot.
        "both": f"ufw --force enable; sysctl net.ipv4.conf.eth0.accept_redirects=0; {JUDGED}",
        "before": INVENTORY,
        "start": START,
        # An emulated machine is busy with what follows a start for as long as some of these take.
        "status": f"for n in $(seq 9); do ./icebox status {BOX} > said && break; done && cat said",
        "rules": INVENTORY,
        "handout": handed_out(),
        "names": asking(site.domain),
        **guide,
        "enable": f"./icebox enable {BOX} --site {SITE} --trust-students; {LASTING}",
    }
    moved = f"sed -i s/{HOST}/{ELSEWHERE}/ /{NETWORK}; networkctl reload; networkctl reconfigure eth0"
    second = {
        "booted": "systemctl is-active icebox-room.service; systemctl --failed --no-legend",
        "journal": "journalctl --boot --unit icebox-room.service --no-pager",
        "again": student("hostname -f; lcg-lg lfn:/grid/gilda/student01/testfile"),
        "moved": f"{moved}; {until(f'./icebox status {BOX} --json | grep -q {ELSEWHERE}')}",
        "elsewhere": f"{handed_out()} && {student('voms-proxy-init -quiet -voms gilda && ' + lines.batch)}",
        "renamed": asking(site.domain),
        "back": moved.replace(f"{HOST}/{ELSEWHERE}", f"{ELSEWHERE}/{HOST}"),
        "disable": f"./icebox disable {BOX}",
        "destroy": f"./icebox stop {BOX} --destroy; rm -r /etc/systemd/system/icebox-room.service.d",
        "after": f"{until(f'ip -4 address show eth0 | grep -q {HOST}/')}; {INVENTORY}",
    }
    return first, second


@pytest.fixture(scope="session", autouse=True)
def means() -> None:
    """What has to be there; and whoever ends this run by a signal gets it tidied, too."""
    if os.geteuid() != 0:
        pytest.skip("a root file system is made by root")
    if missing := [package for program, package in PROGRAMS.items() if shutil.which(program) is None]:
        pytest.fail(f"not installed: apt-get install {' '.join(missing)}", pytrace=False)
    interrupt.as_keyboard()


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_class_room_of_machines(suite: str) -> None:
    begun = time.monotonic()
    first, second = boots()
    with room(suite) as made:
        set_up = time.monotonic() - begun
        with made.laptop.booted():
            done = made.host.run(LIMIT, first, second)
    _keep(suite, {**first, **second}, done, set_up, time.monotonic() - begun)
    for name, end in done.items():
        assert end.code == 0, f"{name}: {({**first, **second})[name]}:\n{end.output}"
    said = {name: end.output for name, end in done.items()}
    for device in ("boxbr0", "icebox0"):
        assert f"did: ufw route allow in on {device}" in said["ufw"]
        assert f"did: iptables -I DOCKER-USER -i {device} -j ACCEPT" in said["docker-too"]
    assert said["both"].splitlines()[-1] == "fit"
    assert f"up at {HOST}" in said["status"]
    assert f"{HOST}" in said["names"].splitlines()[-1]
    assert said["fork"].splitlines()[-1] == "xencenode.sytes.net"
    assert said["batch"].splitlines()[-1] == "xenwnnode.sytes.net"
    assert said["broker"].splitlines()[-1] == "Hello World"
    assert "guid:" in said["stored"]
    assert said["booted"].split() == ["active"], said["journal"]
    assert said["again"].splitlines()[0] == "xenuinode.sytes.net"
    assert said["again"].splitlines()[1].startswith("guid:")
    assert said["elsewhere"].splitlines()[-1] == "xenwnnode.sytes.net"
    assert ELSEWHERE in said["renamed"].splitlines()[-1]
    assert said["before"] != said["rules"]
    assert said["after"] == said["before"], "the box left something, or took it"


def _keep(
    suite: str, lines: Mapping[str, str], done: Mapping[str, Done], set_up: float, whole: float
) -> None:
    """Leave what was seen, with its seconds, for people: reports/local-SUITE.log."""
    parts = [f"{suite}: {whole:.0f} s, {set_up:.0f} s of them before the machines booted\n"]
    parts += [
        f"== {name}: {lines[name]}\n{end.output}== {end.code} after {end.seconds} s\n"
        for name, end in done.items()
    ]
    (checkout() / "reports").mkdir(exist_ok=True)
    Path(checkout() / "reports" / f"local-{suite}.log").write_text("\n".join(parts))
