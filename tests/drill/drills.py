"""Faults put into a box, each with the remedy that its check prints, and what that remedy shows and mends."""

from __future__ import annotations

from dataclasses import dataclass

Line = tuple[str, str]
"""A place (``ce``, ``outside``, ``dom0`` …) and a line typed there as root."""
RESTART: Line = ("host", "./icebox stop and start")
"""The whole box is stopped and started."""


@dataclass(frozen=True)
class Drill:
    """A fault, and the way from the check that tells of it to a box that is sound again.

    ``remedy`` must stand in what the check prints, as must each command of ``looks``; ``says`` is a regular
    expression for the message.
    """

    name: str
    check: str
    select: str
    """pytest's ``-k`` for the part of the check that shows it."""
    breaks: tuple[Line, ...]
    says: str
    remedy: str
    mends: tuple[Line, ...]
    looks: tuple[tuple[str, str, str], ...] = ()
    """A place, a command that the remedy prints, and words that its output has while the fault is there."""
    quick: bool = False
    """Part of the integration tests."""

    def __str__(self) -> str:
        return f"{self.check} {self.name}"


def service(check: str, select: str, place: str, unit: str, says: str, remedy: str, look: str = "") -> Drill:
    """A service that is stopped, and started again."""
    looks = ((place, look, "inactive"),) if look else ()
    stop, start = ((place, f"systemctl {verb} {unit}") for verb in ("stop", "start"))
    return Drill(f"{unit} stopped", check, select, (stop,), says, remedy, (start,), looks)


GRID = "/etc/grid-security"
RULE = "nft insert rule ip icebox"
HOSTS = "sed 's/192.168.1.4/192.168.1.44/' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts"
DRILLS = (
    service(
        "CE-1",
        "test_globus_job_run",
        "ce",
        "globus-gatekeeper",
        "error code 12",
        "`./icebox ssh ce systemctl restart globus-gatekeeper`",
    ),
    Drill(
        "the VOMS server not trusted",
        "CE-1",
        "test_globus_job_run",
        (("ce", f"mv {GRID}/vomsdir {GRID}/vomsdir.away"),),
        "error code 7",
        "its trust in the VOMS server (/etc/grid-security/vomsdir)",
        (("ce", f"mv {GRID}/vomsdir.away {GRID}/vomsdir"),),
        (("ce", "journalctl -u globus-gatekeeper", "Cannot find certificate of AC issuer"),),
    ),
    Drill(
        "no account for anybody",
        "CE-1",
        "test_globus_job_run",
        (("ce", f"mv {GRID}/groupmapfile {GRID}/groupmapfile.away"),),
        "error code 7",
        "the account mapping of the CE (/etc/grid-security/gridmapdir, groupmapfile, /etc/lcmaps)",
        (("ce", f"mv {GRID}/groupmapfile.away {GRID}/groupmapfile"),),
        (("ce", "journalctl -u globus-gatekeeper", "groupmapfile"),),
    ),
    service("CE-2", "test_published", "ce", "bdii bdii-slapd", "ldap|publishes", "restart bdii on the CE"),
    Drill(
        "a queue that is closed",
        "CE-2",
        "test_published",
        (("ce", "scontrol update partitionname=short state=DOWN; systemctl restart bdii"),),
        "queue short is published as",
        "look at slurmctld",
        (("ce", "scontrol update partitionname=short state=UP"),),
        (("ce", "qstat -q", "short"),),
    ),
    service(
        "WN-1",
        "test_every_wn_is_free",
        "wn",
        "slurmd",
        "slurmd on xenwnnode does not answer",
        "start what is down",
        "systemctl status slurmd munge",
    ),
    Drill(
        "munge stopped",
        "WN-1",
        "test_every_wn_is_free",
        # The scheduler asks its WNs every few seconds.
        (
            ("wn", "systemctl stop munge"),
            ("ce", "timeout 60 sh -c 'until pbsnodes xenwnnode | grep -q down; do sleep 1; done'"),
        ),
        "slurmd on xenwnnode gets no jobs: for the scheduler on xencenode it is down",
        "start what is down",
        (("wn", "systemctl start munge"),),
        (("wn", "systemctl status slurmd munge", "inactive"),),
    ),
    Drill(
        "a WN that is offline",
        "WN-1",
        "test_every_wn_is_free",
        (("ce", "pbsnodes -o xenwnnode"),),
        "slurmd on xenwnnode gets no jobs: for the scheduler on xencenode it is offline",
        "`pbsnodes -r NODE` on the CE ends an offline state",
        (("ce", "pbsnodes -r xenwnnode"),),
    ),
    service(
        "WN-1",
        "test_every_wn_is_free",
        "ce",
        "slurmctld",
        "slurmctld on xencenode does not answer",
        "restart it",
        "systemctl status slurmctld",
    ),
    Drill(
        "a home that can't be written",
        "WN-3",
        "test_batch_job",
        (("ce", "chmod 500 /home/gilda001 && chown root /home/gilda001"),),
        ".",
        "the pool account must be able to write there",
        (("ce", "chown gilda001 /home/gilda001 && chmod 700 /home/gilda001"),),
    ),
    service(
        "SE-1",
        "test_directories",
        "se",
        "globus-gridftp-server",
        "refused|Unable to connect",
        "on the SE",
        "systemctl status globus-gridftp-server",
    ),
    Drill(
        "a storage area that is shut",
        "SE-1",
        "test_directories",
        (("se", "chmod 700 /storage/gilda"),),
        "Permission denied",
        "mode of the area there",
        (("se", "chmod 3775 /storage/gilda"),),
    ),
    service(
        "SE-2",
        "test_there_and_back and xrootd",
        "se",
        "xrootd@icebox",
        "xrdcp",
        "/var/log/xrootd",
        "systemctl status xrootd@icebox",
    ),
    service("UI-2", "test_voms_proxy", "rb", "voms@gilda", "no proxy", "`systemctl status voms@VO mariadb`"),
    Drill(
        "its database stopped",
        "UI-2",
        "test_voms_proxy",
        (("rb", "systemctl stop mariadb"),),
        "no proxy",
        "`systemctl restart mariadb voms@VO`",
        (("rb", "systemctl restart mariadb voms@gilda"),),
    ),
    Drill(
        "a login that is refused",
        "UI-1",
        "test_login",
        (("ui", "echo 'DenyUsers student01' > /etc/ssh/sshd_config.d/deny.conf; systemctl reload ssh"),),
        "denied|closed",
        "see the UI's sshd",
        (("ui", "rm /etc/ssh/sshd_config.d/deny.conf; systemctl reload ssh"),),
    ),
    Drill(
        "a key that all can read",
        "UI-1",
        "test_login",
        (("ui", "chmod 644 /home/student01/.globus/userkey.pem"),),
        "modes and owners",
        "chmod 400 userkey.pem",
        (("ui", "cd /home/student01/.globus && chmod 400 userkey.pem"),),
    ),
    service(
        "MYP-1",
        "test_store_and_take_out and without",
        "rb",
        "myproxy-server",
        "myproxy|refused",
        "on RB",
        "systemctl status myproxy-server",
    ),
    service(
        "WMS-1",
        "test_hello_world",
        "rb",
        "icebox-wms",
        "glite-job-submit failed",
        "on RB",
        "systemctl status icebox-wms condor",
    ),
    service(
        "CAT-1",
        "test_store_and_fetch and not outside",
        "rb",
        "icebox-catalogue",
        "lfc|lcg|Connection",
        "on RB",
        "systemctl status icebox-catalogue",
    ),
    service(
        "CAT-4",
        "test_interrupted",
        "se",
        "icebox-sweeper.timer",
        "nothing is swept away",
        "on the SE",
        "systemctl status icebox-sweeper.timer",
    ),
    Drill(
        "host certificates damaged and gone",
        "CERT-1",
        "test_host_certificates",
        (
            ("se", f"echo broken > {GRID}/hostcert.pem"),
            ("rb", f"rm {GRID}/hostcert.pem"),
            ("ce", f"cp {GRID}/certificates/*.0 {GRID}/hostcert.pem; systemctl restart globus-gatekeeper"),
        ),
        "xensenode",
        "./icebox stop and ./icebox start make new ones where they are needed and lay them",
        (RESTART,),
        quick=True,
    ),
    Drill(
        "CA, policy and CRL damaged and gone",
        "CERT-2",
        "test_trust",
        (
            ("ce", f"rm {GRID}/certificates/*.r0"),
            ("wn", f"echo > {GRID}/certificates/$(cd {GRID}/certificates; ls *.signing_policy | head -1)"),
            ("ui", f"mv {GRID}/certificates {GRID}/certificates.away; mkdir {GRID}/certificates"),
            ("se", f"chmod 600 {GRID}/certificates/*.0"),
        ),
        "xencenode: .*\n.*",
        "./icebox stop and ./icebox start lay CA, signing policy and a fresh CRL on every machine",
        (RESTART,),
        quick=True,
    ),
    Drill(
        "a node that has another's name in its hosts",
        "NET-2",
        "test_nodes_reach_each_other",
        (("ce", f"cp /etc/hosts /etc/hosts.good; {HOSTS}"),),
        "xencenode: xensenode is 192.168.1.44, not 192.168.1.4",
        "look at /etc/hosts of the first node",
        (("ce", "cp /etc/hosts.good /etc/hosts"),),
        quick=True,
    ),
    Drill(
        "a public name that leads elsewhere on one node",
        "DNS-1",
        "test_names and dns",
        (("wn", "cp /etc/hosts /etc/hosts.good; echo 192.0.2.1 xensenode.sytes.net >> /etc/hosts"),),
        "on xenwnnode, xensenode.sytes.net is 192.0.2.1",
        "if only one machine is wrong: its /etc/hosts and /etc/resolv.conf",
        (("wn", "cp /etc/hosts.good /etc/hosts"),),
    ),
    Drill(
        "a node without a way out",
        "NET-1",
        "test_addresses",
        (("wn", "ip route del default"),),
        "xenwnnode has the default route",
        "`systemctl restart icebox-network` there sets address and route",
        (("wn", "systemctl restart icebox-network"),),
        quick=True,
    ),
    Drill(
        "no masquerade",
        "NET-3",
        "test_outbound",
        (("dom0", "nft flush chain ip icebox postrouting"),),
        "does not reach|is seen from outside as",
        "./icebox stop and start lays both anew",
        (RESTART,),
    ),
    Drill(
        "a row of the port table that leads nowhere",
        "NET-4",
        "test_port_table",
        (("dom0", "nft delete element ip icebox kept_ports '{ 3147 : 192.168.1.4 }'"),),
        "XRootD server of xensenode",
        "./icebox stop and start lays them anew",
        (RESTART,),
        (("dom0", "nft list ruleset", "kept_ports"),),
    ),
    Drill(
        "a door beside the port table",
        "NET-5",
        "test_nothing_else",
        (
            (
                "dom0",
                f"{RULE} input iifname uplink0 accept; {RULE} forward accept",
            ),
        ),
        "answers",
        "./icebox stop and start lays it anew",
        (RESTART,),
    ),
    Drill(
        "public names that do not work from inside",
        "NET-6",
        "test_hairpin",
        (("dom0", "nft flush chain ip icebox postrouting"),),
        "no answer from",
        "./icebox stop and start lays them anew",
        (RESTART,),
    ),
    service(
        "BDII-1",
        "test_records_hold_together",
        "se",
        "bdii bdii-slapd",
        "xensenode|SE",
        "restart bdii there",
    ),
    service(
        "UI-3",
        "test_infosites and se",
        "rb",
        "bdii bdii-slapd",
        "lcg-infosites|BDII",
        "restart bdii on CE, SE and RB",
    ),
    Drill(
        "a home that all can read",
        "SEC-2",
        "test_private and home_on_the_ui or test_private and proxy",
        (("ui", "chmod 755 /home/student01"),),
        "another student can read /home/student01",
        "chmod go= /home/student01 on the UI",
        (("ui", "chmod go= /home/student01"),),
    ),
    Drill(
        "a key that lies about",
        "SEC-2",
        "test_keys_and_passwords",
        (("ce", "cp /etc/grid-security/hostkey.pem /root.key; chmod 644 /root.key"),),
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
        "chmod 700 /home/gilda",
        (("ce", "chmod 700 /home/gilda0*"),),
    ),
    Drill(
        "room in memory without limit",
        "SEC-2",
        "test_room_in_memory",
        (("wn", "mount -o remount,size=900M /dev/shm; systemctl stop icebox-limits"),),
        "xenwnnode: .* MB in /dev/shm",
        "`systemctl status icebox-limits` on the node",
        (("wn", "systemctl restart icebox-limits"),),
        (("wn", "systemctl status icebox-limits", "inactive"),),
    ),
    Drill(
        "data ports that are not those of the port table",
        "SE-3",
        "test_from_outside and 1 and se",
        (
            (
                "se",
                "cd /etc; cp -a gridftp.conf /root/; sed -i 's/20000,20099/40000,40099/' gridftp.conf",
            ),
            ("se", "systemctl restart globus-gridftp-server"),
        ),
        ".",
        "GLOBUS_TCP_PORT_RANGE in /etc/gridftp.conf of the SE",
        (("se", "cp -a /root/gridftp.conf /etc/gridftp.conf; systemctl restart globus-gridftp-server"),),
    ),
)
