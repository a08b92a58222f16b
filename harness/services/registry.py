"""The services of the box, and the facts that checks rest on: one entry each, and nothing said elsewhere."""

from __future__ import annotations

from dataclasses import replace

from harness.grid.storage import XROOTD_PORT
from harness.services.service import Line, Link, Look, Service, Talk
from harness.site import Role

BOX = Link(
    name="box",
    roles=(),
    label="the box {box}",
    asked=(Look("box_stands"),),
    patience=0.0,
    holds=0.0,
    told_by="BOX-1",
    means="there is no grid",
    remedy="./icebox start --box {box} brings it up",
)
HYPERVISOR = Link(
    name="hypervisor",
    roles=(),
    label="the hypervisor of the dom0",
    asked=(Look("hypervisor_answers"),),
    means="nodes run on, but none can be started or powered off in order",
    remedy="./icebox stop --box {box}, then ./icebox start --box {box}",
)
NETWORK = Link(
    name="network",
    between=True,
    roles=(),
    label="the network of the box {box}",
    asked=(Look("network_is_whole"),),
    told_by="NET-4",
    means="laptops don't reach the box, or its nodes not what is outside",
    remedy="./icebox restore --box {box} dom0 lays it anew; docs/class-room.md says what may undo it",
)
NODE = Link(
    name="node",
    roles=tuple(Role),
    label="{node}",
    # The first process of a frozen node answers nobody.
    asked=(Line("systemctl show --property=Version >/dev/null"),),
    holds=0.0,
    told_by="BOX-2",
    everywhere=True,
    means="nothing that it serves goes",
    remedy="./icebox stop --box {box}, then ./icebox start --box {box}",
)
SSH = Service(
    name="ssh",
    title="ssh",
    roles=(Role.UI,),
    units=("ssh.service",),
    asked=(Talk(22, "ssh"),),
    told_by="UI-1",
    everywhere=True,
    means="no student gets in",
    remedy="`./icebox console ui` gets there: `systemctl restart ssh`",
)
SSH_OF_ROOT = replace(
    SSH,
    roles=(Role.CE, Role.WN, Role.SE, Role.RB),
    told_by="BOX-3",
    means="nobody who looks after the node gets in, and no check that looks there",
    remedy="`./icebox console {node}` gets there: `systemctl restart ssh`",
)
MUNGE = Service(
    name="munge",
    title="munge",
    roles=(Role.CE,),
    units=("munge.service",),
    # As nobody: root passes where others, and daemons with accounts of their own, are shut out.
    asked=(Line("setpriv --reuid=65534 --regid=65534 --clear-groups munge -n >/dev/null"),),
    told_by="WN-1",
    means="CE and WNs don't trust each other: no batch job starts",
    remedy="`systemctl status slurmctld munge` on the CE; `systemctl restart munge slurmctld` there",
)
TUNNEL = Service(
    name="tunnel",
    title="batch tunnel",
    roles=(Role.CE,),
    units=("icebox-batch-tunnel.service",),
    asked=(Line("wg show batch listen-port >/dev/null"),),
    told_by="WN-1",
    means="CE and WNs don't hear each other: no batch job starts",
    remedy="`systemctl restart icebox-batch-tunnel slurmctld` on the CE, which then asks its WNs at once",
)
TUNNEL_OF_WN = replace(
    TUNNEL,
    roles=(Role.WN,),
    everywhere=True,
    remedy="`systemctl restart icebox-batch-tunnel slurmd` on the WN, which then reports at once",
)
SLURMCTLD = Service(
    name="slurmctld",
    title="batch server",
    roles=(Role.CE,),
    units=("slurmctld.service",),
    asked=(Talk(6817, "hangup"), Line("scontrol ping | grep -q 'is UP'")),
    needs=("munge", "tunnel"),
    told_by="WN-1",
    means="no job gets to a WN",
    remedy="`systemctl status slurmctld munge` on the CE; `systemctl restart munge slurmctld` there",
)
MUNGE_OF_WN = replace(
    MUNGE,
    roles=(Role.WN,),
    everywhere=True,
    remedy="`systemctl status slurmd munge` on the WN; `systemctl restart munge slurmd` there",
)
SLURMD = Service(
    name="slurmd",
    title="batch node",
    roles=(Role.WN,),
    units=("slurmd.service",),
    asked=(Talk(6818, "hangup"), Look("wn_gets_jobs")),
    # The scheduler may not have heard yet of one whose port answers.
    patience=60.0,
    needs=("munge", "tunnel", "slurmctld"),
    told_by="WN-1",
    everywhere=True,
    means="no job runs on this WN",
    remedy="`systemctl status slurmd munge` on the WN; `systemctl restart munge slurmd` there; "
    "before that, if `sha256sum /etc/munge/munge.key` differs on CE and WN: "
    "`./icebox restore wn /etc/munge`, and for ce; compare the clocks of CE and WN; "
    "`pbsnodes -r NODE` on the CE ends an offline state",
)
GATEKEEPER = Service(
    name="gatekeeper",
    title="gatekeeper",
    roles=(Role.CE,),
    units=("globus-gatekeeper.service",),
    asked=(Talk(2119, "tls"),),
    told_by="CE-1",
    means="no job gets to the CE from anywhere but the CE itself",
    remedy="`./icebox ssh ce systemctl restart globus-gatekeeper`; "
    "`journalctl -u globus-gatekeeper` on the CE tells more",
)
BDII = Service(
    name="bdii",
    title="information system",
    roles=(Role.CE,),
    units=("bdii-slapd.service",),
    # 2135 is where clients of the time asked a GRIS.
    asked=(Talk(2170, "ldap"), Talk(2135, "ldap")),
    told_by="CE-2",
    means="brokers and students don't see this node's services",
    remedy="`journalctl -u bdii -u bdii-slapd` on the node that publishes it; "
    "`systemctl restart bdii-slapd bdii` there",
)
BDII_OF_SE = replace(BDII, roles=(Role.SE,), told_by="BDII-1")
TOP_BDII = replace(
    BDII, roles=(Role.RB,), told_by="UI-3", means="lcg-infosites prints nothing, and the broker sees no CE"
)
RECORDS = Service(
    name="records",
    title="records of the information system",
    roles=(Role.CE, Role.SE, Role.RB),
    units=("bdii.service",),
    # It opens once the records are complete.
    asked=(Talk(2172, "hangup"),),
    needs=("bdii",),
    means="what is published grows old",
    remedy=BDII.remedy,
)
GRIDFTP = Service(
    name="gridftp",
    title="GridFTP server",
    roles=(Role.SE,),
    units=("globus-gridftp-server.service",),
    asked=(Talk(2811, "gridftp"),),
    told_by="SE-1",
    means="no file gets to the SE or from there",
    remedy="on the SE: `systemctl status globus-gridftp-server`, /var/log/gridftp.log, space (`df -h`) and "
    "mode of the area there; `systemctl restart globus-gridftp-server` there",
)
XROOTD = Service(
    name="xrootd",
    title="XRootD server",
    roles=(Role.SE,),
    units=("xrootd@icebox.service",),
    asked=(Talk(XROOTD_PORT, "xrootd"),),
    told_by="SE-2",
    means="no job reads files of the SE in place",
    remedy="on the SE: `systemctl status xrootd@icebox` and /var/log/xrootd; "
    "`systemctl restart xrootd@icebox` there",
)
MARIADB = Service(
    name="mariadb",
    title="database of the VO's members",
    roles=(Role.RB,),
    units=("mariadb.service",),
    asked=(Line("mariadb-admin --connect-timeout=$SECOND ping"),),
    told_by="UI-2",
    means="no student gets a proxy",
    remedy="on RB: `systemctl status voms@VO mariadb`, and its log /var/log/voms; `systemctl restart mariadb "
    "voms@VO` starts both; clocks must agree (TIME-1)",
)
VOMS = Service(
    name="voms",
    title="VOMS server",
    roles=(Role.RB,),
    units=("voms@{vo}.service",),
    asked=(Talk(15001, "tls"),),
    needs=("mariadb",),
    told_by="UI-2",
    means="no student gets a proxy",
    remedy=MARIADB.remedy,
)
MYPROXY = Service(
    name="myproxy",
    title="MyProxy",
    roles=(Role.RB,),
    units=("myproxy-server.service",),
    asked=(Talk(7512, "tls"),),
    told_by="MYP-1",
    means="long jobs are not renewed",
    remedy="on RB: `systemctl status myproxy-server` and its journal; "
    "`systemctl restart myproxy-server` there; port 7512 must lead there (NET-4)",
)
BROKER = Service(
    name="broker",
    title="broker",
    group="wms",
    roles=(Role.RB,),
    units=("icebox-wms.service",),
    asked=(Talk(9000, "tls"), Talk(7443, "tls")),
    told_by="WMS-1",
    means="glite-job-submit takes no job",
    remedy="on RB: `systemctl status icebox-wms condor`, `journalctl -u icebox-wms`; "
    "`systemctl start icebox-wms condor` there starts what is down",
)
CONDOR = Service(
    name="condor",
    title="engine of the broker",
    roles=(Role.RB,),
    units=("condor.service",),
    # It has no port of its own.
    asked=(Line("condor_q -totals"),),
    patience=60.0,
    told_by="WMS-1",
    means="no job gets from the broker to a CE",
    remedy=BROKER.remedy,
)
CATALOGUE = Service(
    name="catalogue",
    title="catalogue",
    group="cat",
    roles=(Role.RB,),
    units=("icebox-catalogue.service",),
    asked=(Talk(5010, "tls"),),
    told_by="CAT-1",
    means="no file is found by its name",
    remedy="on RB: `systemctl status icebox-catalogue`, `journalctl -t icebox-catalogue`; "
    "`systemctl restart icebox-catalogue` there",
)
JOBS = Link(
    name="jobs",
    roles=(Role.RB,),
    label="what jobs through the broker need",
    needs=("condor", "gatekeeper", "bdii@ce", "bdii@rb", "slurmctld", "slurmd"),
)
"""Once the broker has a job."""
STUDENT = Link(
    name="student", roles=(Role.UI,), label="what a student at the UI needs first", needs=("ssh@ui", "voms")
)

LINKS: tuple[Link, ...] = (
    *(BOX, HYPERVISOR, NETWORK, NODE, SSH, SSH_OF_ROOT, MUNGE, MUNGE_OF_WN, TUNNEL, TUNNEL_OF_WN),
    *(SLURMCTLD, SLURMD, BDII, BDII_OF_SE),
    *(TOP_BDII, RECORDS, GATEKEEPER, GRIDFTP, XROOTD, MARIADB, VOMS, MYPROXY, BROKER, CONDOR, CATALOGUE),
    *(JOBS, STUDENT),
)
"""In the order in which they are shown: what others rest on comes first."""
SERVICES = tuple(link for link in LINKS if isinstance(link, Service))


def services_of(role: Role) -> tuple[Service, ...]:
    """What a node of a role serves."""
    return tuple(service for service in SERVICES if role in service.roles)


def ports_of(role: Role) -> tuple[int, ...]:
    """Where a node of a role answers."""
    return tuple(port for service in services_of(role) for port in service.ports)


def at_port(role: Role, port: int) -> Service | None:
    """What answers there."""
    return next((service for service in services_of(role) if port in service.ports), None)
