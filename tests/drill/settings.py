"""Settings and programs that were changed or are gone: the image has them."""

from tests.drill.drill import FAULT, GRID, HERE, Drill, Line, restored

CODE_7 = (
    "if they pass, what the CE maps by: `./icebox restore ce /etc/grid-security /etc/lcmaps`, "
    "`systemd-tmpfiles --create` there"
)
ANEW: tuple[Line, ...] = (
    (HERE, "./icebox restore ce /etc/grid-security /etc/lcmaps"),
    ("ce", "systemd-tmpfiles --create"),
)
GATEKEEPER = "journalctl -u globus-gatekeeper"
MYPROXY = "/etc/myproxy-server.config"
MYPROXY_ANEW = "systemctl restart myproxy-server"
POLICY = "`./icebox restore rb /etc/myproxy-server.config`; `systemctl restart myproxy-server` there"
INIT = "/usr/bin/voms-proxy-init"
OPEN = '#!/bin/sh\\nvoms-proxy-init2 "$@"; chmod 644 $X509_USER_PROXY\\n'
DRILLS = (
    Drill(
        "the VOMS server not trusted",
        "CE-1",
        "test_globus_job_run",
        ((FAULT, "voms-ce-lsc-missing"),),
        "error code 7",
        CODE_7,
        ANEW,
        (("ce", GATEKEEPER, "Cannot find certificate of AC issuer"),),
    ),
    Drill(
        "no account for anybody",
        "CE-1",
        "test_globus_job_run",
        ((FAULT, "mapping-ce-no-groupmap"),),
        "error code 7",
        CODE_7,
        ANEW,
        (("ce", GATEKEEPER, "groupmapfile"),),
    ),
    *(
        Drill(
            f"no {name} on the CE",
            "CE-1",
            "test_globus_job_run",
            ((FAULT, fault),),
            "error code 7",
            CODE_7,
            ANEW,
        )
        for name, fault in (("gridmapdir", "pool-ce-missing"), ("gsi-authz.conf", "mapping-ce-no-callout"))
    ),
    restored(
        "UI-2",
        "test_voms_proxy",
        "ui",
        "vomses-ui-missing",
        "/etc/vomses",
        "the UI lacks the VO in /etc/vomses: `./icebox restore ui /etc/vomses`",
        "/etc/vomses",
    ),
    restored(
        "UI-2",
        "test_voms_proxy",
        "ui",
        "voms-ui-lsc-missing",
        "AC issuer",
        "the UI lacks the server in vomsdir: `./icebox restore ui /etc/grid-security/vomsdir`",
        f"{GRID}/vomsdir",
    ),
    restored(
        "UI-4",
        "test_locations",
        "wn",
        "rm /etc/profile.d/grid-env.sh; mv /opt/edg /root/edg",
        "a program is not where scripts look for it",
        "for the node named: `./icebox restore NODE /etc/profile.d /etc/ssh/sshd_config.d /opt`, then "
        "`systemctl reload ssh` there",
        "/etc/profile.d /etc/ssh/sshd_config.d /opt",
        "systemctl reload ssh && rm -rf /root/edg",
    ),
    restored(
        "UI-2",
        "test_voms_proxy",
        "ui",
        "vomses-ui-port",
        "no proxy",
        "`./icebox restore ui /etc/vomses`, if it contacts another port than RB's 15001",
        "/etc/./vomses",
    ),
    restored(
        "UI-2",
        "test_voms_proxy",
        "rb",
        "echo --newformat >> /etc/voms/voms.conf && systemctl restart voms@gilda",
        "arcproxy",
        "`./icebox restore rb /etc/voms`, then `systemctl restart voms@VO` there",
        "/etc/voms",
        "systemctl restart voms@gilda",
    ),
    restored(
        "UI-2",
        "test_voms_proxy",
        "ui",
        f"rm {INIT} && printf '{OPEN}' > {INIT} && chmod 755 {INIT}",
        "others may read the proxy: its mode is 644",
        "`./icebox restore ui /usr/bin/voms-proxy-init /usr/bin/voms-proxy-init2` makes it 600 itself",
        "/usr/bin/voms-proxy-init /usr/bin/voms-proxy-init2",
    ),
    restored(
        "UI-1",
        "test_login",
        "ui",
        "names-ui-hostname-wrong",
        "the login is not student01's on xenuinode.sytes.net",
        "`./icebox restore ui /etc/hostname`, then `hostname -F /etc/hostname` there",
        "/etc/hostname",
        "hostname -F /etc/hostname",
    ),
    restored(
        "CE-1",
        "test_globus_job_run",
        "ce",
        f"sed -i 's/ gilda/ nobody/' {GRID}/groupmapfile",
        "the student became|error code 7",
        "`./icebox restore ce /etc/grid-security /etc/lcmaps`",
        "/etc/grid-security /etc/lcmaps",
    ),
    restored(
        "GUIDE-1",
        "test_guide_account",
        "ui",
        "printf '#!/bin/sh\\nexit 1\\n' > /usr/local/sbin/adduser",
        "adduser",
        "`./icebox restore ui /usr/local/sbin /etc/skel`",
        "/usr/local/sbin /etc/skel",
    ),
    Drill(
        "a storage area that only root writes in",
        "GUIDE-5",
        "test_guide_account or test_guide_se",
        (("se", "chmod 755 /storage"),),
        "Permission denied",
        "`systemd-tmpfiles --create` on the SE gives /storage its group and mode",
        (("se", "systemd-tmpfiles --create"),),
    ),
    restored(
        "CAT-1",
        "test_store_and_fetch and not outside",
        "se",
        "install -d -m 3775 -g gilda /storage/other && "
        "sed -i 's:/storage/gilda:/storage/other:' /etc/gridinfo.toml && systemctl restart bdii && sleep 10",
        "the replica is not in the storage area",
        "`./icebox restore se /etc/gridinfo.toml`, then `systemctl restart bdii` there",
        "/etc/gridinfo.toml",
        "systemctl restart bdii && rm -r /storage/other",
    ),
    restored(
        "BDII-2",
        "test_fresh",
        "ce",
        "info-ce-stale",
        "publishes what was, not what is",
        "`./icebox restore ce /etc/gridinfo.toml`, then `systemctl restart bdii` there",
        "/etc/gridinfo.toml  ",
        "systemctl restart bdii",
    ),
    restored(
        "CAT-2",
        "test_order_and_owners",
        "rb",
        "sed -i 's/^admin_roles.*/admin_roles = []/' /etc/icebox/catalogue/catalogue.toml && "
        "systemctl restart icebox-catalogue",
        ".",
        "`./icebox restore rb /etc/icebox/catalogue`",
        "/etc/icebox/catalogue",
        "systemctl restart icebox-catalogue",
    ),
    restored(
        "SE-5",
        "test_third_party",
        "se",
        "sed -i /ofs.tpc/d /etc/xrootd/xrootd-icebox.cfg && systemctl restart xrootd@icebox",
        ".",
        "`./icebox restore se /etc/xrootd`",
        "/etc/xrootd",
        "systemctl restart xrootd@icebox",
    ),
    Drill(
        "a server whose settings let nobody take a proxy out",
        "MYP-1",
        "test_store_and_take_out and not without",
        ((FAULT, "myproxy-rb-nobody"),),
        ".",
        POLICY,
        ((HERE, f"./icebox restore rb {MYPROXY}"), ("rb", MYPROXY_ANEW)),
    ),
    Drill(
        "a server that hands out no trust roots",
        "MYP-2",
        "test_trust_roots",
        (("rb", f"sed -i /^cert_dir/d {MYPROXY} && {MYPROXY_ANEW}"),),
        ".",
        POLICY,
        ((HERE, f"./icebox restore rb {MYPROXY}"), ("rb", MYPROXY_ANEW)),
    ),
    restored(
        "SAM-1",
        "test_probes and gatekeeper",
        "wn",
        "rm /usr/bin/csh",
        "Csh",
        "`./icebox restore wn /usr/bin/csh /usr/bin/bsd-csh /etc/alternatives`",
        "/usr/bin/csh /usr/bin/bsd-csh /etc/alternatives",
    ),
    restored(
        "SAM-1",
        "test_probes and gatekeeper",
        "wn",
        "rm /etc/glite-version",
        "SoftVer",
        "`./icebox restore wn /etc/glite-version /etc/profile.d /opt`",
        "/etc/glite-version /etc/profile.d /opt",
    ),
    restored(
        "SAM-1",
        "test_probes and gatekeeper",
        "wn",
        "hostname wrong && sed 's/xenwnnode//' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts",
        "WN",
        "`./icebox restore wn /etc/hosts /etc/hostname`, if `hostname -f` there does not say its name",
        "/etc/hosts /etc/hostname",
        "hostname -F /etc/hostname",
    ),
)
