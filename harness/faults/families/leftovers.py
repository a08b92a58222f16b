"""What people leave behind: files of root's, rules of routing for some, things of one's own at home."""

from __future__ import annotations

from harness.faults.fault import DOM0, OUTSIDE, Fault, Step
from harness.faults.steps import changed, modes

JOBS = "/var/lib/globus/gram_job_state"
LOGS = "/var/log/xrootd"
ACCOUNTS = "$(id -u ${vo}001)-$(id -u ${vo}049)"
HOME = "/home/$student"
DOT = f"{HOME}/.bash_profile"
SQUATS = """\
import socket, time
held = []
for port in range(20200, 20300):
    try:
        held.append(socket.create_server(("", port)))
    except OSError:
        pass  # somebody has that one
time.sleep(86400)"""
HOLDS = """\
import sqlite3, time
book = sqlite3.connect("/var/lib/icebox/wms/book.db", timeout=60, isolation_level=None)
book.execute("begin immediate")
time.sleep(86400)"""
KEEPS_OUT = (
    "import os, struct, sys; "
    "entries = [(1, 7, -1), (2, 0, int(sys.argv[1])), (4, 5, -1), (16, 5, -1), (32, 5, -1)]; "
    'listed = b"".join(struct.pack("<HHi", *each) for each in entries); '
    'os.setxattr(sys.argv[2], "system.posix_acl_access", struct.pack("<I", 2) + listed)'
)


def _own(name: str, about: str, finding: str, put: str, take: str) -> Fault:
    return Fault(name, about, finding, (Step("ui", put, take),))


FAULTS = (
    Fault(
        "dom0-rule-of-routing",
        "a rule of routing at the dom0 refuses whatever comes from the SE",
        "barrier@dom0",
        (Step(DOM0, "ip rule add from $se prohibit", "ip rule del from $se prohibit 2>/dev/null || true"),),
    ),
    Fault(
        "dom0-forgets-names-asked",
        "the dom0 forgets who asked for a name before the answer is there",
        "tracking@dom0",
        (
            Step(
                DOM0,
                "sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2",
                "sysctl -qw net.netfilter.nf_conntrack_udp_timeout=30",
            ),
        ),
    ),
    Fault(
        "laptop-rule-of-routing",
        "a rule of routing on the laptop outside refuses whatever goes to the box",
        "beyond@dom0",
        (
            Step(
                OUTSIDE,
                "ip rule add to $public prohibit",
                "ip rule del to $public prohibit 2>/dev/null || true",
            ),
        ),
    ),
    Fault(
        "way-wn-of-accounts",
        "a rule of routing on the WN refuses what ordinary accounts send: root gets everywhere",
        "barrier@wn",
        (
            Step(
                "wn",
                f"ip rule add uidrange {ACCOUNTS} prohibit",
                f"ip rule del uidrange {ACCOUNTS} prohibit 2>/dev/null || true",
            ),
        ),
    ),
    Fault(
        "kernel-se-buffers",
        "by a setting of the SE's kernel its connections take in a handful of bytes at a time",
        "barrier@se",
        (
            Step(
                "se",
                "[ -s $keep/was ] || cat /proc/sys/net/ipv4/tcp_rmem > $keep/was\n"
                "echo 1 1 1 > /proc/sys/net/ipv4/tcp_rmem",
                '[ ! -s "$keep"/was ] || cat "$keep"/was > /proc/sys/net/ipv4/tcp_rmem',
            ),
        ),
    ),
    Fault(
        "names-ui-dumb-server",
        "the UI asks a name server that is not there before the one that is",
        "names@ui",
        (
            changed(
                "ui",
                "/etc/resolv.conf",
                "echo nameserver 192.168.1.77 | cat - $keep/etc/resolv.conf > /etc/resolv.conf",
            ),
        ),
    ),
    Fault(
        "ranges-ce-taken",
        "a program on the CE has all ports at which job managers could answer",
        "ranges@ce",
        (
            Step(
                "ce",
                f"run python3 -c '{SQUATS}'\n"
                "for i in $(seq 100); do ! ss -tln | grep -q :20299 || break; sleep 0.1; done",
                "ended",
            ),
        ),
    ),
    Fault(
        "programs-wn-shut-way",
        "on the WN nobody but root gets past /",
        "starts@wn",
        (modes("wn", "/", "700"),),
    ),
    Fault(
        "trust-ui-access-list",
        "by an access list the first student may not look into the UI's directory of CAs",
        "settings@ui",
        (
            changed(
                "ui",
                "/etc/grid-security/certificates",
                f"python3 -c '{KEEPS_OUT}' $(id -u $student) /etc/grid-security/certificates",
            ),
        ),
    ),
    Fault(
        "disk-wn-tmp-noexec",
        "/tmp of the WN is mounted so that no program starts there",
        "disk@wn",
        (
            Step(
                "wn",
                "mount --bind /tmp /tmp; mount -o remount,bind,noexec /tmp",
                "uncover /tmp OPTIONS '.*noexec.*'",
            ),
        ),
    ),
    Fault(
        "broker-rb-book-held",
        "a program on RB holds the broker's database of jobs: no job is taken",
        "jobbook@rb",
        (Step("rb", f"run python3 -c '{HOLDS}'\nsleep 1", "ended"),),
    ),
    Fault(
        "munge-ce-shut-in",
        "on the CE nobody but root gets to munge's socket, which the batch server is not",
        "munge@ce",
        (modes("ce", "/run/munge", "700"),),
    ),
    Fault(
        "storage-se-generated-root",
        "where lcg-cr puts files in the storage area root alone can write",
        "area@se",
        (modes("se", "$storage/generated", "755", "root:root"),),
    ),
    Fault(
        "staging-ce-jobs-of-root",
        "where the CE keeps the jobs of one pool account all belongs to root",
        "staging@ce",
        (
            Step(
                "ce",
                f"install -d -o root -g root -m 700 {JOBS}/${{vo}}048",
                f"rm -rf --one-file-system {JOBS}/${{vo}}048",
            ),
        ),
    ),
    Fault(
        "xrootd-se-log-of-root",
        "root has started the XRootD server by hand once: its log is his, and it can't start by itself",
        "spool@se",
        (
            Step(
                "se",
                "systemctl stop xrootd@icebox\n"
                f"find {LOGS} -type f -exec chown root: {{}} + -exec chmod 600 {{}} +\n"
                "systemctl start xrootd@icebox || true",
                f"if [ $(find {LOGS} -type f -user root | wc -l) != 0 ]; then chown -R xrootd: {LOGS}\n"
                "systemctl reset-failed xrootd@icebox || true; systemctl restart xrootd@icebox; fi",
            ),
        ),
    ),
    Fault(
        "engine-rb-no-helper",
        "what the broker's engine speaks with CEs by can not be started",
        "settings@rb",
        (modes("rb", "/usr/lib/icebox/broker/gahp", "600"),),
    ),
    _own(
        "student-own-cas",
        "the first student has an empty directory of CAs of his own, which counts before the UI's",
        "proxy@ui",
        f"install -d -o $student {HOME}/.globus/certificates",
        f"rm -rf --one-file-system {HOME}/.globus/certificates*",
    ),
    _own(
        "student-key-locked",
        "the first student's key has a passphrase",
        "credentials@ui",
        f"[ -e $keep/key ] || cp -p {HOME}/.globus/userkey.pem $keep/key\n"
        f"openssl pkey -in $keep/key -aes256 -passout pass:secret > {HOME}/.globus/userkey.pem",
        f'[ ! -s "$keep"/key ] || cp -p "$keep"/key {HOME}/.globus/userkey.pem',
    ),
    _own(
        "student-function",
        "in the first student's shell a function stands before the command for a proxy",
        "programs@ui",
        f"echo 'voms-proxy-init() {{ echo later; }}' > {DOT}; chown $student: {DOT}",
        f"rm -f {DOT} {DOT}.aside",
    ),
)
