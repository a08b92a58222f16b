"""Security: what an ordinary account finds on each node, as somebody would look who wants more."""

import re
from collections.abc import Iterator

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.unprivileged import KNOBS, LOGS, SEARCH, WAYS, UnprivilegedAccount, real
from harness.box.box import Box
from harness.checks import together
from harness.checks.marks import SEC_2
from harness.expect import expect, expect_none, expect_reason
from harness.services.registry import BDII, ports_of
from harness.site import Site
from harness.site.addresses import NAME_SERVER

AS_OTHERS = {
    *("chage", "chfn", "chsh", "expiry", "gpasswd", "mount", "newgrp", "passwd", "su", "umount"),
    *("dbus-daemon-launch-helper", "ssh-agent", "ssh-keysign", "unix_chkpwd"),
}
"""Programs of Debian's that run as root or another; each further one would be a decision."""
DEVICES = {f"/dev/{name}" for name in ("full", "null", "ptmx", "random", "shm", "tty", "urandom", "zero")}
"""Devices that everybody may use."""
PROCESSES = 1000
"""At most this many processes has one person on a node: a program that forks without end stops there."""
KEPT = 64
"""MB that one may keep in a node's memory, in each of the places where it outlives the program."""
WITHOUT_SETTING = r"^([1-5]|6\.[0-9])\."
"""Releases of Linux, before 6.10, that have System V's settings for the host's root alone."""
WATCHERS = 16
"""Instances of inotify that one has on a node at most: the host's root has 128 by default, for all boxes."""
MAPPED = "! grep -q '^ *0 *0 ' /proc/self/uid_map"
"""Succeeds on a node in a user namespace."""
MEGABYTE, PAGE = 2**20, 4096
FILE = 4 * 2**30
"""Bytes of the largest file that a student's program may write on the UI."""
BEHIND = 10
"""Niceness of what students run on the UI, or more: sshd and root come first."""
ENDED_FIRST = 500
"""oom_score_adj of what students run on the UI, or more: the kernel ends it before any service."""
EPHEMERAL = 32768
"""From here on the kernel gives out ports: to jobs' clients, for a moment (net.ipv4.ip_local_port_range)."""
LDAP_SOCKET = "ldapi://%2Frun%2Fbdii%2Fldapi"


@pytest.fixture
def accounts(box: Box, other_student: Shell) -> list[UnprivilegedAccount]:
    """One of each node."""
    return [UnprivilegedAccount.of(box, node, other_student.account.user) for node in box.site.nodes]


@SEC_2
def test_keys_and_passwords(box: Box, accounts: list[UnprivilegedAccount], worker: str) -> None:
    """Whatever an ordinary account can read, whoever owns it, holds no private key and no password."""
    word = f"password-for-{worker}"
    secrets = "\n".join([*box.secrets.values.values(), word])

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        with account.planted(f"keys-{worker}", word) as path:
            found = account.finds(SEARCH, stdin=secrets)
        for each in real(found, {f"{path}/key", f"{path}/word"}, account.node.name):
            yield f"{account.node}: {account.user} can read {each}"

    what = "keys or passwords lie about"
    expect_none(together.problems(accounts, faults), what, remedy="chmod 600 the files named")


@SEC_2
def test_processes(accounts: list[UnprivilegedAccount]) -> None:
    """ps shows everyone his own processes alone."""

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        own, *shown = account.run("id -u; ps ax -o uid=,args=").check().stdout.splitlines()
        assert any("ps ax" in line for line in shown), "ps does not even show its own process"
        for line in shown:
            if line.split()[0] != own:
                yield f"{account.node}: {account.user} sees {line.strip()}"

    expect_none(
        together.problems(accounts, faults),
        "ordinary accounts see what others run",
        remedy="`mount -o remount,hidepid=2 /proc` there",
    )


@SEC_2
def test_command_lines(box: Box, accounts: list[UnprivilegedAccount], worker: str) -> None:
    """What ps shows of processes is no place for passwords, even if others' are hidden."""
    word = f"mark-of-{worker}"

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        shown = account.root.run(["sh", "-c", "ps axww -o user,args; true", word]).check().stdout
        assert re.search(f"^root .*{word}", shown, re.MULTILINE), "ps does not show root's processes"
        for name, secret in box.secrets.values.items():
            if secret in shown:
                yield f"{account.node}: ps shows {name}"

    expect_none(
        together.problems(accounts, faults),
        "passwords stand on command lines",
        remedy="`ps axww` there shows whose: end it, and have it read the secret from a file of its own",
    )


@SEC_2
def test_logs_and_leases(accounts: list[UnprivilegedAccount]) -> None:
    """Who came, what he did and whose pool account is whose: each reads what is his own."""

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        assert account.root.run(LOGS.replace("! -user", "-user")).check().stdout, "root finds no log"
        yield from (f"{account.node}: {account.user} can read {each}" for each in sorted(account.finds(LOGS)))

    expect_none(
        together.problems(accounts, faults),
        "ordinary accounts read logs or leases of others",
        remedy="`chmod go=` each file there that is named, or the directory it is in",
    )


@SEC_2
def test_ways_to_root(accounts: list[UnprivilegedAccount], worker: str) -> None:
    """No program, file or directory of others', no device and no setting of the kernel gives more."""

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        with account.planted(f"ways-{worker}", "") as path:
            found = account.finds(WAYS)
            knobs = account.finds(f"find {KNOBS} 2>/dev/null; true")
        assert account.root.run(f"find {KNOBS} -quit").stdout, (
            "root finds no knob, so that others find none shows nothing"
        )
        planted = {f"program {path}/program", f"file {path}/key", f"directory {path}", "device /dev/null"}
        for each in real(found, planted, account.node.name):
            kind, _, name = each.partition(" ")
            known = {"program": name.rpartition("/")[2] in AS_OTHERS, "device": name in DEVICES}
            if not known.get(kind, False):
                yield f"{account.node}: {kind} {name}"
        yield from (f"{account.node}: {account.user} can write {knob}" for knob in sorted(knobs))

    expect_none(
        together.problems(accounts, faults),
        "an ordinary account can change what is not its own, or runs programs as others",
        remedy="`chmod` or `chown` it there; docs/maintainer.md says which part of the image brings it",
    )


@SEC_2
def test_listeners(box: Box, accounts: list[UnprivilegedAccount]) -> None:
    """Nothing listens beside the services of a node: no database, no engine of the broker."""
    ranges = [row.host_ports for row in box.site.ports if row.last > row.first]

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        lines = account.run("ss -Htln").check().stdout.splitlines()
        sockets = {line.split()[3].rpartition(":")[::2] for line in lines}
        ports = {int(port) for address, port in sockets if not address.startswith(("127.", "[::1]"))}
        assert 22 in ports, f"ss does not show sshd: {lines}"
        named = {*ports_of(account.node.role)}
        for port in sorted(ports - named):
            if port < EPHEMERAL and not any(port in each for each in ranges):
                yield f"{account.node}: port {port}"

    expect_none(
        together.problems(accounts, faults),
        "something listens to the nodes' network that is no service of its node",
        remedy="`ss -tlnp` there names it: end it, or bind it to 127.0.0.1; "
        "docs/contributor.md tells how a service gets its port",
    )


@SEC_2
def test_information_system(box: Box, accounts: list[UnprivilegedAccount], other_student: Shell) -> None:
    """What the site publishes, its services alone may change: by the port, and by the socket on the node."""
    writable = f"ldapwhoami -Q -Y EXTERNAL -H {LDAP_SOCKET}"
    change = "dn: o=grid\nchangetype: modify\nreplace: description\ndescription: forged\n"
    publishing = [account for account in accounts if _publishes(account)]
    assert publishing, "no part has a BDII"
    for account in publishing:
        own = account.root.run(["runuser", "-u", "openldap", "--", "sh", "-c", writable])
        assert own.check().stdout.strip() == "dn:o=grid", "the probe does not get in where gridinfo does"
        tried = account.run(writable)
        remedy = "`chmod 700 /run/bdii` there"
        what = f"{account.user} may change what {account.node} publishes"
        expect(not tried.ok, what, where=account.node.name, why=tried.output, remedy=remedy)
        asked = other_student.run(f"ldapmodify -x -H ldap://{account.node.name}:{BDII.port}", stdin=change)
        what = f"a student may change what {account.node} publishes"
        restored = f"`./icebox restore {account.node.name} /etc/bdii`"
        remedy = f"{restored}, then `systemctl restart bdii-slapd bdii` there"
        expect(not asked.ok, what, where=account.node.name, why=asked.output, remedy=remedy)
        expect_reason(
            "ldapmodify was refused", "modifications require authentication", asked.output, asked.where
        )


@SEC_2
def test_room_in_memory(accounts: list[UnprivilegedAccount]) -> None:
    """What lies in /dev/shm, /run/lock or System V's segments stays when its owner's programs are ended."""
    settings = "/proc/sys/kernel/shmall /proc/sys/kernel/shm_rmid_forced"
    unsettable = f"uname -r | grep -qE '{WITHOUT_SETTING}' && {MAPPED}"
    sizes = f"df --output=size -BM /dev/shm /run/lock | tail -n +2 | tr -d M; cat {settings}"

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        told = account.run(sizes).check().stdout.split()
        shm, run, pages, removed = map(int, told)
        if account.root.run(unsettable).ok:
            pages, removed = 0, 1
        for place, size in (("/dev/shm", shm), ("/run/lock", run), ("segments", pages * PAGE // MEGABYTE)):
            if size > KEPT:
                yield f"{account.node}: {size} MB in {place}"
        if not removed:
            yield f"{account.node}: segments stay when nobody uses them (shm_rmid_forced)"

    expect_none(
        together.problems(accounts, faults),
        f"an ordinary account may keep more than {KEPT} MB in a node's memory",
        remedy="on the node: `systemctl status icebox-limits`; `systemctl restart icebox-limits` there",
    )


@SEC_2
def test_number_of_watchers(accounts: list[UnprivilegedAccount]) -> None:
    """In a user namespace they are the host's root's, too, who can make no more when they are gone."""
    opened = "import ctypes; c = ctypes.CDLL(None); print(sum(c.inotify_init() >= 0 for _ in range(100)))"

    def faults(account: UnprivilegedAccount) -> Iterator[str]:
        if account.root.run(MAPPED).ok:
            found = int(account.run(f"python3 -I -c '{opened}'").check().stdout)
            if found > WATCHERS:
                yield f"{account.node}: {found} instances of inotify"

    expect_none(
        together.problems(accounts, faults),
        f"an ordinary account may take more than {WATCHERS} instances of inotify from the host's root",
        remedy="on the node: `systemctl status icebox-limits`; `systemctl restart icebox-limits` there",
    )


def _publishes(account: UnprivilegedAccount) -> bool:
    return BDII.port in ports_of(account.node.role)


@SEC_2
def test_names(box: Box, other_student: Shell) -> None:
    """Without the key nobody changes the names of the box."""
    name = f"{box.site.ce.fqdn}."
    zone = f"server {NAME_SERVER}\nzone {box.site.domain}\n"
    forged = other_student.run("nsupdate", stdin=f"{zone}update add {name} 60 TXT forged\nsend\n")
    remedy = "./icebox stop and start lays the name service's settings anew, which ask for the key"
    expect(not forged.ok, "a student can change the names of the box", why=forged.output, remedy=remedy)
    expect_reason("nsupdate was refused", "REFUSED", forged.output, str(NAME_SERVER))


@SEC_2
@pytest.mark.needs("gatekeeper", "slurmctld", "slurmd")
def test_number_of_processes(student: Shell, site: Site) -> None:
    """A student on the UI, a job on the CE and a job on a WN: none of them may fill the host."""
    line = "/bin/grep processes /proc/self/limits"
    limits = {
        str(site.ui): student.run(line),
        str(site.ce): student.run(f"globus-job-run {site.ce.fqdn} {line}"),
        "a WN": student.run(f"globus-job-run {site.ce.fqdn}/jobmanager-pbs -q {site.queues[0].name} {line}"),
    }
    for where, ran in limits.items():
        words = ran.expect_success("checks CE-1 and WN-4 tell more").stdout.split()
        found = words[3] if len(words) > 3 else ""  # Max processes SOFT HARD processes
        expect(
            found.isdigit() and int(found) <= PROCESSES,
            f"one person may have {found or 'any number of'} processes on {where}, more than {PROCESSES}",
            where=where,
            remedy="`./icebox restore NODE /etc/systemd/system`, then `systemctl daemon-reload` there and "
            "`systemctl restart` of ssh, globus-gatekeeper or slurmd",
        )


@SEC_2
def test_hogs_on_the_ui(student: Shell, ui: Shell) -> None:
    """Processors, memory or disk taken by a student on the UI are not taken from sshd, root and the host."""
    look = "nice; cat /proc/self/oom_score_adj; prlimit --fsize --output=HARD --noheadings --raw"
    niceness, ended, size = student.run(look).expect_success(LOGIN).stdout.split()
    faults = []
    if int(niceness) < BEHIND or int(ui.run("nice").check().stdout) >= BEHIND:
        faults.append(f"niceness is {niceness}: LD_PRELOAD of ssh.service, behind.so")
    if student.run("renice -n 0 -p $$").ok:
        faults.append("a student can come to the front again: LimitNICE of ssh.service")
    if int(ended) < ENDED_FIRST:
        faults.append(f"oom_score_adj is {ended}: OOMScoreAdjust of ssh.service")
    if not size.isdigit() or int(size) > FILE:
        faults.append(f"a file may have {size} bytes: LimitFSIZE of ssh.service")
    remedy = (
        "`./icebox restore ui /usr/lib/icebox /etc/systemd/system`, then `systemctl daemon-reload` and "
        "`systemctl restart ssh` there"
    )
    expect_none(faults, "one student can shut the others out", where=student.name, remedy=remedy)
