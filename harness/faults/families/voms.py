"""The VO's server, and who trusts it: LSC files, vomses, members and their database."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, gone, settings

VOMSDIR = "/etc/grid-security/vomsdir"
LSC = f"{VOMSDIR}/$vo/$rb_fqdn.lsc"

FAULTS = (
    *(
        Fault(
            f"voms-{role}-lsc-missing",
            f"the {role.upper()} knows no server of the VO: {then}",
            f"lsc@{role}",
            (gone(role, VOMSDIR),),
        )
        for role, then in (
            ("ce", "whom it vouches for is refused there"),
            ("ui", "proxies are made and not believed"),
            ("se", "members can not write there"),
        )
    ),
    Fault(
        "voms-ce-lsc-wrong",
        "by the CE's file the VO's server has another certificate",
        "lsc@ce",
        (changed("ce", VOMSDIR, f"sed -i '1s:.*:/C=IT/O=GridBox/OU=Host/CN=old:' {LSC}"),),
    ),
    Fault(
        "vomses-ui-missing",
        "the UI does not know where the VO's server is",
        "lsc@ui",
        (gone("ui", "/etc/vomses"),),
    ),
    Fault(
        "vomses-ui-port",
        "the UI asks for the VO's server at another port",
        "lsc@ui",
        (settings("ui", "/etc/vomses", "s/15001/15002/"),),
    ),
    Fault(
        "vomses-ui-name",
        "the UI expects another certificate of the VO's server",
        "lsc@ui",
        (settings("ui", "/etc/vomses", 's:CN=[^\\"]*:CN=old.server:'),),
    ),
    Fault(
        "voms-rb-no-members",
        "the VO has no members: nobody gets attributes",
        "members@rb",
        (Step("rb", 'mysql "$database" -e "delete from m"', "systemctl restart icebox-vo"),),
    ),
    Fault(
        "voms-rb-password",
        "the VOMS server has another password than its database",
        "members@rb",
        (
            changed(
                "rb", "/etc/voms/voms.pass", "echo wrong > /etc/voms/voms.pass", "systemctl restart voms@$vo"
            ),
        ),
    ),
    Fault(
        "mariadb-rb-locked",
        "somebody holds a lock on the VO's table: the VOMS server waits and waits",
        "members@rb",
        (
            Step(
                "rb",
                'run mysql "$database" -e "lock tables usr write, m write; select sleep(3600)"',
                "ended\n"
                "mysql -N -e \"select id from information_schema.processlist where info like '%sleep(3600)%' "
                'and id != connection_id()" | while read -r id; do mysql -e "kill $id" || true; done',
            ),
        ),
    ),
)
