"""Services that are stopped: each unit of each node that a check tells of."""

from tests.drill.drill import FAULT, HERE, Drill, service

BDII = "systemctl restart bdii-slapd bdii"
BATCH = "`systemctl restart munge slurmd` there"
SCHEDULER = "`systemctl restart munge slurmctld` there"
BROKER = "`systemctl start icebox-wms condor` there starts what is down"
EVERY_WN = "test_every_wn_is_free"
# The scheduler asks its WNs every few seconds.
UNTIL_DOWN = ("ce", "timeout 90 sh -c 'until pbsnodes xenwnnode | grep -q down; do sleep 1; done'")
# Job managers read their settings when they start; they end by themselves when they have no job.
END_MANAGERS = ("ce", "pkill globus-job-man || true")
SSHD = "/etc/ssh/sshd_config.d"
# The top BDII keeps for a while what it heard last.
UNTIL_GONE = (
    "ui",
    "timeout 180 sh -c 'while lcg-infosites --vo gilda se | grep -q xensenode; do sleep 1; done'",
)
# What the CE publishes follows a change within seconds.
NOT_OPEN = '"(&(objectClass=GlueCE)(!(GlueCEStateStatus=Production)))"'
LISTED = f"ldapsearch -x -LLL -H ldap://localhost:2170 -b o=grid {NOT_OPEN} dn"
UNTIL_OPEN = ("ce", f"timeout 60 sh -c 'while {LISTED} | grep -q ^dn; do sleep 1; done'")
DRILLS = (
    service(
        "CE-1",
        "test_globus_job_run",
        "ce",
        "globus-gatekeeper",
        "gatekeeper on xencenode does not answer",
        "`./icebox ssh ce systemctl restart globus-gatekeeper`",
        "systemctl restart globus-gatekeeper",
    ),
    service(
        "CE-2",
        "test_published",
        "ce",
        "bdii bdii-slapd",
        "bdii on xencenode does not answer",
        f"`{BDII}` there",
        BDII,
    ),
    service(
        "WN-1",
        EVERY_WN,
        "ce",
        "slurmctld",
        "slurmctld on xencenode does not answer",
        SCHEDULER,
        "systemctl restart munge slurmctld",
        "systemctl status slurmctld munge",
    ),
    service(
        "WN-1",
        EVERY_WN,
        "ce",
        "munge",
        "munge on xencenode is inactive",
        SCHEDULER,
        "systemctl restart munge slurmctld",
        "systemctl status slurmctld munge",
    ),
    service(
        "WN-1",
        EVERY_WN,
        "wn",
        "slurmd",
        "slurmd on xenwnnode does not answer",
        BATCH,
        "systemctl restart munge slurmd",
        "systemctl status slurmd munge",
        (UNTIL_DOWN,),
    ),
    *(
        Drill(
            f"icebox-batch-tunnel stopped on {place}, and the WN taken for down",
            "WN-1",
            EVERY_WN,
            ((FAULT, f"tunnel-{place}-stopped"), UNTIL_DOWN),
            f"tunnel on {node}",
            f"`systemctl restart icebox-batch-tunnel {daemon}` on the {place.upper()}, {then}",
            ((place, f"systemctl restart icebox-batch-tunnel {daemon}"),),
        )
        for place, node, daemon, then in (
            ("ce", "xencenode", "slurmctld", "which then asks its WNs at once"),
            ("wn", "xenwnnode", "slurmd", "which then reports at once"),
        )
    ),
    Drill(
        "a WN that takes the batch system's traffic in clear",
        "SEC-3",
        "test_batch_system",
        (("wn", "ip rule add pref 0 lookup local"),),
        "the batch system takes a connection in clear",
        "on that node: `systemctl restart icebox-batch-rules`",
        (("wn", "systemctl restart icebox-batch-rules"),),
    ),
    Drill(
        "munge stopped on the WN",
        "WN-1",
        EVERY_WN,
        ((FAULT, "munge-wn-stopped"),),
        "munge on xenwnnode is inactive",
        BATCH,
        (("wn", "systemctl restart munge slurmd"),),
        (("wn", "systemctl status slurmd munge", "inactive"),),
    ),
    Drill(
        "another munge key on the WN",
        "WN-1",
        EVERY_WN,
        ((FAULT, "munge-wn-key-differs"), UNTIL_DOWN),
        "slurmd on xenwnnode gets no jobs: for the scheduler on xencenode it is down",
        "before that, if `sha256sum /etc/munge/munge.key` differs on CE and WN: "
        "`./icebox restore wn /etc/munge`, and for ce",
        (
            (HERE, "./icebox restore wn /etc/munge"),
            (HERE, "./icebox restore ce /etc/munge"),
            ("wn", "systemctl restart munge slurmd"),
        ),
        (("wn", "sha256sum /etc/munge/munge.key", "munge.key"),),
    ),
    Drill(
        "a WN that is offline",
        "WN-1",
        EVERY_WN,
        ((FAULT, "wn-offline"),),
        "slurmd on xenwnnode gets no jobs: for the scheduler on xencenode it is offline",
        "`pbsnodes -r NODE` on the CE ends an offline state",
        (("ce", "pbsnodes -r xenwnnode"),),
    ),
    Drill(
        "a queue that is closed",
        "CE-2",
        "test_published",
        (("ce", "scontrol update partitionname=short state=DOWN; systemctl restart bdii"),),
        "queue short is published as",
        "if `qstat -q` on the CE does not show short as E R: "
        "`scontrol update partitionname=short state=UP` there",
        (("ce", "scontrol update partitionname=short state=UP"), UNTIL_OPEN),
        (("ce", "qstat -q", "short"),),
    ),
    service(
        "SE-1",
        "test_directories",
        "se",
        "globus-gridftp-server",
        "gridftp on xensenode does not answer",
        "`systemctl restart globus-gridftp-server` there",
        "systemctl restart globus-gridftp-server",
        "systemctl status globus-gridftp-server",
    ),
    service(
        "SE-2",
        "test_there_and_back and xrootd",
        "se",
        "xrootd@icebox",
        "xrdcp",
        "`systemctl restart xrootd@icebox` there",
        "systemctl restart xrootd@icebox",
        "systemctl status xrootd@icebox",
    ),
    service(
        "CAT-4",
        "test_interrupted",
        "se",
        "icebox-sweeper.timer",
        "nothing is swept away",
        "`systemctl start icebox-sweeper.timer` there",
        "systemctl start icebox-sweeper.timer",
        "systemctl status icebox-sweeper.timer",
    ),
    service(
        "BDII-1",
        "test_records_hold_together",
        "se",
        "bdii bdii-slapd",
        "xensenode|SE",
        f"`{BDII}` there",
        BDII,
    ),
    service(
        "UI-3",
        "test_live_infosites and se",
        "rb",
        "bdii bdii-slapd",
        "lcg-infosites|BDII",
        f"no BDII answered: `{BDII}` on RB",
        BDII,
    ),
    Drill(
        "an SE that publishes nothing",
        "UI-3",
        "test_live_infosites and se",
        ((FAULT, "bdii-se-stopped"), UNTIL_GONE),
        ".",
        f"`{BDII}` on CE, SE and RB",
        tuple((place, BDII) for place in ("ce", "se", "rb")),
    ),
    service(
        "UI-2",
        "test_voms_proxy",
        "rb",
        "voms@gilda",
        "voms on xenrbnode does not answer",
        "`systemctl restart mariadb voms@VO` starts both",
        "systemctl restart mariadb voms@gilda",
    ),
    service(
        "UI-2",
        "test_voms_proxy",
        "rb",
        "mariadb",
        "mariadb on xenrbnode is inactive",
        "`systemctl restart mariadb voms@VO` starts both",
        "systemctl restart mariadb voms@gilda",
    ),
    service(
        "MYP-1",
        "test_store_and_take_out and without",
        "rb",
        "myproxy-server",
        "myproxy on xenrbnode does not answer",
        "`systemctl restart myproxy-server` there",
        "systemctl restart myproxy-server",
        "systemctl status myproxy-server",
    ),
    service(
        "WMS-1",
        "test_hello_world",
        "rb",
        "icebox-wms",
        "broker on xenrbnode does not answer",
        BROKER,
        "systemctl start icebox-wms condor",
        "systemctl status icebox-wms condor",
    ),
    service(
        "WMS-1",
        "test_hello_world",
        "rb",
        "condor",
        "condor on xenrbnode is inactive",
        BROKER,
        "systemctl start icebox-wms condor",
        "systemctl status icebox-wms condor",
    ),
    Drill(
        "a job manager that ends no job",
        "WMS-3",
        "test_cancel_logging",
        (("ce", "sed -i 's:^qdel=.*:qdel=/bin/true:' /etc/globus/globus-pbs.conf"), END_MANAGERS),
        "a cancelled job had not ended at the CE",
        "`qstat` on the CE shows what still runs, `qdel` there ends it; GRAM ends jobs by what "
        "globus-pbs.conf names: `./icebox restore ce /etc/globus`, then `pkill globus-job-man` there",
        (("ce", "qdel all"), (HERE, "./icebox restore ce /etc/globus"), END_MANAGERS),
        (("ce", "qstat", " R "),),
    ),
    Drill(
        "commands that ask a BDII that is not there",
        "UI-3",
        "test_live_infosites and se",
        ((FAULT, "student-wrong-bdii"),),
        "lcg-infosites prints nothing: no BDII answers it",
        f"if LCG_GFAL_INFOSYS does not name RB: `./icebox restore NODE /etc/profile.d {SSHD}`, "
        "`systemctl reload ssh` where it was typed",
        ((HERE, f"./icebox restore ui /etc/profile.d {SSHD}"), ("ui", "systemctl reload ssh")),
    ),
    Drill(
        "ssh stopped on the UI",
        "UI-1",
        "test_login",
        ((FAULT, "ssh-ui-stopped"),),
        "ssh on xenuinode does not answer",
        "`./icebox console ui` gets there: `systemctl restart ssh`",
        (("console ui", "systemctl restart ssh"),),
    ),
    Drill(
        "ssh stopped on the SE",
        "BOX-3",
        "test_root_gets_in",
        ((FAULT, "ssh-se-stopped"),),
        "ssh on xensenode does not answer",
        "`./icebox console xensenode` gets there: `systemctl restart ssh`",
        (("console se", "systemctl restart ssh"),),
    ),
)
