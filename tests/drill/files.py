"""Files, accounts and disks: what is gone, open to others, or full."""

from __future__ import annotations

from tests.drill.drill import GRID, RESTART, Drill, filled, moved

CODE_7 = (
    "error code 7: compare CA, CRL and clock of client and CE (checks CERT-2, TIME-1), then what the CE maps "
    "by (/etc/grid-security/gsi-authz.conf, gridmapdir, groupmapfile, /etc/lcmaps) and its trust in the VOMS "
    "server (/etc/grid-security/vomsdir)"
)
GATEKEEPER = "journalctl -u globus-gatekeeper"
MEMBER = (
    "members stand in table m of the VO's database on RB: `systemctl restart icebox-vo` there puts them back"
)
PLACE = "/home/student01/.globus"
SPOIL = "chmod 755 . && chmod 600 usercert.pem && chmod 644 userkey.pem && chown root *.pem"
MEND = "chmod 700 . && chmod 644 usercert.pem && chmod 400 userkey.pem && chown student01 *.pem"
OTHERS = "cp usercert.pem /root/own.pem && cat /home/student02/.globus/usercert.pem > usercert.pem"
ROOM = "make room on the UI: `df -h /home /tmp` there"
HOME = "/home/student01"
FULL = f"cp -a {HOME} /root/ && mount -t tmpfs -o size=64k,mode=700,uid=$(id -u student01) full {HOME} && "
FULL += f"cp -a /root/student01/. {HOME} && ! head -c 100000 /dev/zero > {HOME}/filler"
MYPROXY = "/etc/myproxy-server.config"
MYPROXY_ANEW = "systemctl restart myproxy-server"
FORGET = 'mysql voms_gilda -e "delete from m where userid = 1"'
DRILLS = (
    Drill(
        "the VOMS server not trusted",
        "CE-1",
        "test_globus_job_run",
        (("ce", f"mv {GRID}/vomsdir {GRID}/vomsdir.away"),),
        "error code 7",
        CODE_7,
        (("ce", f"mv {GRID}/vomsdir.away {GRID}/vomsdir"),),
        (("ce", GATEKEEPER, "Cannot find certificate of AC issuer"),),
    ),
    Drill(
        "no account for anybody",
        "CE-1",
        "test_globus_job_run",
        (("ce", f"mv {GRID}/groupmapfile {GRID}/groupmapfile.away"),),
        "error code 7",
        CODE_7,
        (("ce", f"mv {GRID}/groupmapfile.away {GRID}/groupmapfile"),),
        (("ce", GATEKEEPER, "groupmapfile"),),
    ),
    moved("CE-1", "test_globus_job_run", "ce", f"{GRID}/gridmapdir", "error code 7", CODE_7),
    moved("CE-1", "test_globus_job_run", "ce", f"{GRID}/gsi-authz.conf", "error code 7", CODE_7),
    moved(
        "UI-2",
        "test_voms_proxy",
        "ui",
        "/etc/vomses",
        "/etc/vomses",
        "the UI lacks /etc/vomses: copy it from a laptop (`./icebox ssh outside`)",
    ),
    moved(
        "UI-2",
        "test_voms_proxy",
        "ui",
        f"{GRID}/vomsdir",
        "AC issuer",
        "the UI lacks /etc/grid-security/vomsdir: copy it from another node",
    ),
    Drill(
        "a student who is no member",
        "UI-2",
        "test_voms_proxy",
        (("rb", FORGET),),
        "User unknown to this VO",
        MEMBER,
        (("rb", "systemctl restart icebox-vo"),),
    ),
    moved(
        "UI-4",
        "test_locations",
        "wn",
        "/etc/profile.d/grid-env.sh",
        "a program is not where scripts look for it",
        "compare /etc/profile.d/grid-env.sh and sshd's grid-env.conf on the node",
    ),
    Drill(
        "a login that is refused",
        "UI-1",
        "test_login",
        (("ui", "echo 'DenyUsers student01' > /etc/ssh/sshd_config.d/deny.conf; systemctl reload ssh"),),
        "denied|closed",
        "`journalctl -u ssh` on the UI tells more",
        (("ui", "rm /etc/ssh/sshd_config.d/deny.conf; systemctl reload ssh"),),
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
        (("ui", f"cd {PLACE} && {OTHERS}"),),
        "do not belong together",
        "copy both from the same backup, or make the box's certificates anew: ./icebox stop --destroy, "
        "then start",
        (("ui", f"cat /root/own.pem > {PLACE}/usercert.pem"),),
    ),
    Drill(
        "a student's home full",
        "UI-1",
        "test_login",
        (("ui", FULL),),
        "xenuinode: a student can't write at home or in /tmp: .*No space left",
        ROOM,
        (("ui", f"rm {HOME}/filler && umount -l {HOME} && rm -r /root/student01"),),
    ),
    filled(
        "UI-1",
        "test_login",
        "ui",
        "/tmp",
        "1777",
        "xenuinode: a student can't write at home or in /tmp",
        ROOM,
    ),
    Drill(
        "a home that can't be written",
        "WN-3",
        "test_batch_job",
        (("ce", "chmod 500 /home/gilda001 && chown root /home/gilda001"),),
        ".",
        "CE and WN must share /home, and the pool account must be able to write there",
        (("ce", "chown gilda001 /home/gilda001 && chmod 700 /home/gilda001"),),
    ),
    Drill(
        "a storage area that is shut",
        "SE-1",
        "test_directories",
        (("se", "chmod 700 /storage/gilda"),),
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
        "3775",
        "No space left on device",
        "on the SE: `systemctl status globus-gridftp-server`, /var/log/gridftp.log, space (`df -h`) and "
        "mode of the area there",
    ),
    filled(
        "CAT-1",
        "test_store_and_fetch and not outside",
        "se",
        "/storage/gilda",
        "3775",
        "No space left on device",
        "the SE's disk, which is the host's, is full: `df -h /storage` there; make room",
    ),
    Drill(
        "a server whose settings let nobody take a proxy out",
        "MYP-1",
        "test_store_and_take_out and not without",
        (
            (
                "rb",
                f"cp -p {MYPROXY} /root/ && sed -i /retrievers/d {MYPROXY} && {MYPROXY_ANEW}",
            ),
        ),
        ".",
        "compare /etc/myproxy-server.config on RB with box/parts/myproxy; restart myproxy-server there",
        (("rb", f"cp -p /root/myproxy-server.config {MYPROXY} && {MYPROXY_ANEW}"),),
    ),
    Drill(
        "a server that hands out no trust roots",
        "MYP-2",
        "test_trust_roots",
        (
            (
                "rb",
                f"cp -p {MYPROXY} /root/ && sed -i /^cert_dir/d {MYPROXY} && {MYPROXY_ANEW}",
            ),
        ),
        ".",
        "cert_dir in /etc/myproxy-server.config on RB, and its files; "
        "`systemctl restart myproxy-server` there",
        (("rb", f"cp -p /root/myproxy-server.config {MYPROXY} && {MYPROXY_ANEW}"),),
    ),
    moved("SAM-1", "test_probes and gatekeeper", "wn", "/usr/bin/csh", "Csh", "install csh on the WN"),
    moved(
        "SAM-1",
        "test_probes and gatekeeper",
        "wn",
        "/etc/glite-version",
        "SoftVer",
        "the WN needs /etc/glite-version, the directory of VO_<VO>_SW_DIR, and the variables of "
        "/etc/profile.d/grid-env.sh",
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
        quick=True,
    ),
)
