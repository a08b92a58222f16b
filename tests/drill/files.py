"""Files, accounts and disks: what is gone, open to others, or full."""

from harness.faults.registry import named
from tests.drill.drill import FAULT, GRID, RESTART, Drill, filled

MEMBER = (
    "members stand in table m of the VO's database on RB: `systemctl restart icebox-vo` there puts them back"
)
PLACE = "/home/student01/.globus"
SPOIL = "chmod 755 . && chmod 600 usercert.pem && chmod 644 userkey.pem && chown root *.pem"
MEND = "chmod 700 . && chmod 644 usercert.pem && chmod 400 userkey.pem && chown student01 *.pem"
BACKUP = f"/var/lib/icebox/kept/{named('student-cert-of-another').mark}0"
ROOM = "make room on the UI: `df -h /home /tmp` there"
DRILLS = (
    Drill(
        "a student who is no member",
        "UI-2",
        "test_voms_proxy",
        ((FAULT, "student-not-a-member"),),
        "User unknown to this VO",
        MEMBER,
        (("rb", "systemctl restart icebox-vo"),),
    ),
    Drill(
        "a software manager without his role",
        "CAT-2",
        "test_order_and_owners",
        (("rb", 'mysql voms_gilda -e "delete from m where rid = 2"'),),
        ".",
        "`systemctl restart icebox-vo` on RB puts members and roles back (table m of the VO's database)",
        (("rb", "systemctl restart icebox-vo"),),
    ),
    Drill(
        "a queue that takes no job",
        "WN-3",
        "test_batch_job",
        ((FAULT, "queue-ce-all-inactive"),),
        ".",
        "if `qstat -q` there does not show the queue as E R: `scontrol update partitionname=QUEUE state=UP`",
        (("ce", "for q in short long infinite; do scontrol update partitionname=$q state=UP; done"),),
        (("ce", "qstat -q", "short"),),
    ),
    Drill(
        "a login that is refused",
        "UI-1",
        "test_login",
        ((FAULT, "student-login-denied"),),
        "denied|closed",
        "`journalctl -u ssh` on the UI tells more",
        (("ui", "rm /etc/ssh/sshd_config.d/fault.conf; systemctl reload ssh"),),
        (("ui", "journalctl -u ssh", "DenyUsers"),),
    ),
    Drill(
        "certificate and key that others can read, and another's",
        "UI-1",
        "test_login",
        (("ui", f"cd {PLACE} && {SPOIL}"),),
        "modes and owners",
        "chmod 700 ~/.globus; chmod 644 usercert.pem; chmod 400 userkey.pem; all owned by the student",
        (("ui", f"cd {PLACE} && {MEND}"),),
    ),
    Drill(
        "another's certificate",
        "UI-1",
        "test_login",
        ((FAULT, "student-cert-of-another"),),
        "do not belong together",
        "copy both from the same backup, or make the box's certificates anew: ./icebox stop --destroy, "
        "then start",
        (("ui", f"cat {BACKUP}{PLACE}/usercert.pem > {PLACE}/usercert.pem"),),
    ),
    Drill(
        "a student's home full",
        "UI-1",
        "test_login",
        ((FAULT, "student-home-full"),),
        "xenuinode: a student can't write at home or in /tmp: .*No space left",
        ROOM,
        (("ui", "rm /home/student01/.filler"),),
    ),
    filled(
        "UI-1",
        "test_login",
        "ui",
        "/tmp",
        "disk-ui-tmp-full",
        "xenuinode: a student can't write at home or in /tmp",
        ROOM,
    ),
    Drill(
        "a home that can't be written",
        "WN-3",
        "test_batch_job",
        ((FAULT, "account-ce-home-owner"),),
        ".",
        "the pool account must be able to write there: `chown ACCOUNT: /home/ACCOUNT`, `chmod 700` it",
        (("ce", "chown gilda001: /home/gilda001 && chmod 700 /home/gilda001"),),
    ),
    Drill(
        "a home that the WN does not share",
        "WN-3",
        "test_batch_job",
        ((FAULT, "home-wn-not-shared"),),
        ".",
        "CE and WN must share /home: if `findmnt /home` differs there, ./icebox stop and start mounts it",
        (RESTART,),
        (("wn", "findmnt /home", ""),),
    ),
    Drill(
        "a storage area that is shut",
        "SE-1",
        "test_directories",
        ((FAULT, "storage-se-shut"),),
        "Permission denied",
        "on the SE: `systemctl status globus-gridftp-server`, /var/log/gridftp.log, space (`df -h`) and "
        "mode of the area there",
        (("se", "chmod 3775 /storage/gilda"),),
    ),
    filled(
        "SE-1",
        "test_directories",
        "se",
        "/storage/gilda",
        "disk-se-storage-full",
        "No space left on device",
        "on the SE: `systemctl status globus-gridftp-server`, /var/log/gridftp.log, space (`df -h`) and "
        "mode of the area there",
    ),
    filled(
        "CAT-1",
        "test_store_and_fetch and not outside",
        "se",
        "/storage/gilda",
        "disk-se-storage-full",
        "No space left on device",
        "the SE's disk, which is the host's, is full: `df -h /storage` there; make room",
    ),
    Drill(
        "a MyProxy store that is not its own",
        "MYP-1",
        "test_store_and_take_out and without",
        ((FAULT, "myproxy-rb-store-owner"),),
        "/var/lib/myproxy not owned by myproxy",
        "if it says who owns its store: `chown -R myproxy: /var/lib/myproxy`, `chmod 700` it",
        (("rb", "chown -R myproxy: /var/lib/myproxy && chmod 700 /var/lib/myproxy"),),
    ),
    Drill(
        "a node that trusts nobody",
        "CERT-2",
        "test_trust",
        (("wn", f"mv {GRID}/certificates {GRID}/certificates.away"),),
        "xenwnnode",
        "./icebox stop and ./icebox start lay CA, signing policy and a fresh CRL on every machine",
        (RESTART,),
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
    ),
)
