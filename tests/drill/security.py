"""What others must not read, change or hear, opened to them."""

from tests.drill.drill import GRID, HERE, RESTART, Drill, restored

AUTHDB = "/etc/xrootd/authdb"
GRIDFTP = "systemctl restart globus-gridftp-server"
XROOTD = "systemctl restart xrootd@icebox"
ANY_KEY = (
    "PermitRootLogin yes\\nStrictModes no\\n"
    "AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2 /tmp/sec2-main-key.pub"
)
AREA = "/storage/gilda/student01"
MUNGE_KEY = "/etc/munge/munge.key"
AS_ROOT = "/usr/bin/scontrol /usr/bin/scancel"
FILTERED, OPEN = "2000000004000000", "060000000000ff7f"
"""The filter's first step in init.c: load the architecture; and one that allows the call (seccomp(2))."""
OTHER_INIT = (
    "python3 -c \"p = '/usr/lib/icebox/init'; d = open(p, 'rb').read(); "
    f"f, o = map(bytes.fromhex, ('{FILTERED}', '{OPEN}')); assert d.count(f) == 1; "
    "open('/root/init', 'wb').write(d.replace(f, o))\" && "
    "install -m 755 /root/init /usr/lib/icebox/init && rm /root/init"
)
DRILLS = (
    Drill(
        "an init that lets every system call through",
        "SEC-4",
        "test_shut and calls",
        (("wn", OTHER_INIT), RESTART),
        "xenwnnode: root can ",
        "`./icebox restore NODE /usr/lib/icebox/init`, then `./icebox stop` and `./icebox start`: "
        "nodes get their walls when they start",
        ((HERE, "./icebox restore wn /usr/lib/icebox/init"), RESTART),
    ),
    Drill(
        "a home that all can read",
        "SEC-2",
        "test_private and proxy",
        (("ui", "chmod 755 /home/student01"),),
        "another student can read /home/student01",
        "chmod go= /home/student01 on the UI",
        (("ui", "chmod go= /home/student01"),),
    ),
    Drill(
        "processes that all can see",
        "SEC-2",
        "test_processes",
        (("ui", "mount -o remount,hidepid=0 /proc"),),
        "ordinary accounts see what others run",
        "`mount -o remount,hidepid=2 /proc` there",
        (("ui", "mount -o remount,hidepid=2 /proc"),),
    ),
    Drill(
        "passwords that all can read",
        "SEC-2",
        "test_private and root",
        (("ui", "chmod 644 /etc/shadow"),),
        "a student can read /etc/shadow",
        "chmod 600 /etc/shadow",
        (("ui", "chmod 600 /etc/shadow"),),
    ),
    Drill(
        "root without a password",
        "SEC-2",
        "test_private and root",
        (("ui", "passwd -d root"),),
        "a student can become root on the UI",
        "`usermod -p '*' root` there",
        (("ui", "usermod -p '*' root"),),
    ),
    Drill(
        "a sudo that lets everybody",
        "SEC-2",
        "test_private and root",
        (("ui", "printf '#!/bin/sh\\n' > /usr/local/bin/sudo && chmod 755 /usr/local/bin/sudo"),),
        "a student can become root by sudo",
        "`rm $(command -v sudo)`, if there is one",
        (("ui", "rm $(command -v sudo)"),),
    ),
    Drill(
        "an sshd that takes anybody's key for root's",
        "SEC-2",
        "test_private and root",
        (("ui", f"sed -i '1i {ANY_KEY}' /etc/ssh/sshd_config.d/algorithms.conf && systemctl restart ssh"),),
        "any key opens root's ssh on xenuinode",
        "`./icebox restore xenuinode /etc/ssh /root/.ssh`, then `systemctl restart ssh` there",
        ((HERE, "./icebox restore xenuinode /etc/ssh /root/.ssh"), ("ui", "systemctl restart ssh")),
    ),
    restored(
        "SEC-2",
        "test_private and output",
        "ce",
        f"sed -i /gram_owner/d {GRID}/gsi-authz.conf",
        "another student gets",
        "`./icebox restore ce /etc/grid-security/gsi-authz.conf /etc/globus`",
        f"{GRID}/gsi-authz.conf /etc/globus",
    ),
    Drill(
        "a key that lies about",
        "SEC-2",
        "test_keys_and_passwords",
        (("ce", f"cp {GRID}/hostkey.pem /root.key; chmod 644 /root.key"),),
        "can read /root.key|/root.key",
        "chmod 600 the files named",
        (("ce", "chmod 600 /root.key"),),
    ),
    Drill(
        "a home on the CE that all can list",
        "SEC-2",
        "test_private and output",
        (("ce", "chmod 755 /home/gilda0*"),),
        "another student can list /home/gilda",
        "chmod 700 /home/… on the CE",
        (("ce", "chmod 700 /home/gilda0*"),),
    ),
    Drill(
        "a key of the batch system that jobs can read",
        "SEC-2",
        "test_private and queue",
        (("ce", f"chmod 444 {MUNGE_KEY} && chmod 755 /etc/munge"),),
        "a job can read one of",
        f"chmod 400 {MUNGE_KEY} /etc/grid-security/hostkey.pem",
        (("ce", f"chmod 400 {MUNGE_KEY} /etc/grid-security/hostkey.pem; chmod 700 /etc/munge"),),
    ),
    *(
        Drill(
            f"a batch system whose {program} is root's",
            "SEC-2",
            "test_private and queue",
            (("ce", f"chmod u+s /usr/bin/{program}"),),
            says,
            f"`chmod u-s {AS_ROOT}` on the CE, which must not run as root",
            (("ce", f"chmod u-s {AS_ROOT}"),),
        )
        for program, says in (("scontrol", "scontrol write .* is done"), ("scancel", "qdel .* is done"))
    ),
    restored(
        "SEC-2",
        "test_private and queue",
        "ce",
        f"echo '\"/gilda*\" gilda001' >> {GRID}/voms-localaccount",
        "both students are gilda001",
        "`./icebox restore ce /etc/grid-security /etc/lcmaps`",
        f"{GRID} /etc/lcmaps",
    ),
    restored(
        "SEC-2",
        "test_private and files",
        "se",
        f"sed -i /restrict/d /etc/gridftp.conf && {GRIDFTP}",
        "GridFTP hands out what is not in the storage area",
        "`./icebox restore se /etc/gridftp.conf`, then `systemctl restart globus-gridftp-server` there",
        "/etc/gridftp.conf",
        GRIDFTP,
    ),
    Drill(
        "a log that all can read",
        "SEC-2",
        "test_logs",
        (("ce", "chmod 644 /var/log/globus-gatekeeper.log"),),
        "ordinary accounts read logs or leases of others",
        "`chmod go=` each file there that is named, or the directory it is in",
        (("ce", "chmod go= /var/log/globus-gatekeeper.log"),),
    ),
    Drill(
        "a storage area without its sticky bit",
        "SEC-2",
        "test_private and files",
        (("se", "chmod 2775 /storage/gilda"),),
        "another student can change what is stored",
        "/storage/gilda on the SE must belong to root, be sticky (3775), and files be 644",
        (("se", "chmod 3775 /storage/gilda"),),
    ),
    Drill(
        "members who may write everywhere",
        "SEC-2",
        "test_private and remote",
        (("se", f"sed -i 's/ rl$/ a/' {AUTHDB}; {XROOTD}"),),
        "by remote I/O",
        "`./icebox restore se /etc/xrootd/authdb`, then `systemctl restart xrootd@icebox` there",
        ((HERE, f"./icebox restore se {AUTHDB}"), ("se", XROOTD)),
    ),
    Drill(
        "a directory of remote I/O that all can write in",
        "SEC-2",
        "test_private and remote",
        (("se", f"mkdir -p {AREA} && chown xrootd: {AREA} && chmod 777 {AREA}"),),
        "another student can change what is stored",
        f"`chown -R xrootd: {AREA}` and `chmod -R u=rwX,go=rX {AREA}` on the SE",
        (("se", f"chown -R xrootd: {AREA} && chmod -R u=rwX,go=rX {AREA}"),),
    ),
)
