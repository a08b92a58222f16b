"""Facts of the information system: what it publishes is there, and true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.grid import ldif
from harness.grid.glue import Expected, Records
from harness.services.registry import GATEKEEPER, GRIDFTP, XROOTD
from harness.site import Node, Role, Site

ASK = (
    "for base in o=grid o=glue; do "
    "ldapsearch -x -LLL -o nettimeout=1 -l 2 -H ldap://127.0.0.1:2170 -b $base; done"
)


CPUS = "sinfo -h -N -o '%N %c'"


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", ASK, ""))
    if node.role is Role.CE:
        yield Want(node.name, ("run", CPUS, ""))
    if node.role is Role.SE:
        yield Want(node.name, ("files", [site.storage], False))


def _published(case: Case) -> Iterator[Seen]:
    """Everything a broker goes by is there once, open, and leads somewhere."""
    want = next(_wants(case.site, case.node))
    if case.view.late(want):
        return
    said = case.view.got(want)
    if said["code"] or not said["said"].strip():
        return  # who answers nothing is a service's trouble
    records, site = Records(ldif.parse(said["said"])), case.site
    # That a service is dead is what it has to say of it.
    wrong = [each for each in _faults(records, case) if "nothing listens" not in each]
    if wrong:
        yield Seen(
            f"publishes what is not so: {wrong[0]}",
            f"ldapsearch -x -H ldap://{case.here.fqdn}:2170 -b o=grid",
            "\n".join(wrong[:12]),
        )
    if case.here.role is Role.CE and not wrong:
        for entry in records.of("GlueCE"):
            if entry.one("GlueCEInfoTotalCPUs") == "0":
                yield Seen(
                    f"publishes no processor for {entry.one('GlueCEUniqueID')}",
                    "lcg-infosites --vo VO ce",
                    str(site.vo),
                )


def _faults(records: Records, case: Case) -> Iterator[str]:
    site = case.site
    if case.here.role is Role.RB:
        ces, ses = tuple(each.fqdn for each in site.ces), tuple(each.fqdn for each in site.ses)
        queues = tuple(queue.name for queue in site.queues)
        yield from records.faults(Expected(site.name, site.vo, queues, ces, ses))
    elif case.here.role is Role.CE:
        found = {entry.one("GlueCEUniqueID"): entry for entry in records.of("GlueCE")}
        for queue in site.queues:
            name = f"{case.here.fqdn}:2119/jobmanager-pbs-{queue.name}"
            if name not in found:
                yield f"queue {queue.name} is missing"
            elif (status := found[name].one("GlueCEStateStatus")) != "Production":
                yield f"queue {queue.name} is {status or 'nothing'}, not Production"
            elif f"VO:{site.vo}" not in found[name].all("GlueCEAccessControlBaseRule"):
                yield f"queue {queue.name} is not for VO {site.vo}"
        yield from _lies_of_ce(records, case)
    elif not records.of("GlueSE"):
        yield "the SE is missing"
    else:
        yield from _lies_of_se(records, case)


def _lies_of_ce(records: Records, case: Case) -> Iterator[str]:
    """What the batch system and the port table know better."""
    port = str(case.site.public_port(case.here, GATEKEEPER.port))
    for entry in records.of("GlueCE"):
        if (told := entry.one("GlueCEInfoGatekeeperPort")) != port:
            yield f"{entry.one('GlueCEName')} is at port {told}, and the gatekeeper at {port}"
    said = case.view.got(Want(case.here.name, ("run", CPUS, "")))
    counted = dict(line.split() for line in said["said"].splitlines() if line.count(" ") == 1)
    cpus = [int(each) for each in counted.values() if each.isdigit()]
    for part in records.of("GlueSubCluster") if cpus and not said["code"] else ():
        told, each_has = part.one("GlueSubClusterLogicalCPUs"), part.one("GlueHostArchitectureSMPSize")
        # Of WNs that are down there is nothing in the records.
        if told.isdigit() and int(told) > sum(cpus):
            yield f"it has {told} CPUs, and the batch system {sum(cpus)}"
        elif each_has not in map(str, cpus):
            yield f"each WN has {each_has} CPUs, and the batch system knows {max(cpus)}"


def _lies_of_se(records: Records, case: Case) -> Iterator[str]:
    """What the disk and the port table know better."""
    site, se = case.site, case.here
    there = case.view.got(Want(se.name, ("files", [site.storage], False)))
    for area in records.of("GlueSA"):
        path = area.one("GlueSAPath")
        if path and path != site.storage:
            yield f"files are stored at {path}, and the VO's area is {site.storage}"
        elif path not in there:
            yield f"files are stored at {path}, which is not there"
    ports = {"gsiftp": GRIDFTP.port, "xroot": XROOTD.port}
    for access in records.of("GlueSEAccessProtocol"):
        kind, told = access.one("GlueSEAccessProtocolType"), access.one("GlueSEAccessProtocolPort")
        if kind in ports and told != str(right := site.public_port(se, ports[kind])):
            yield f"{kind} is at port {told}, and its server at {right}"


PUBLISHED = Fact(
    name="published",
    roles=(Role.CE, Role.SE),
    label="the information system of {node}",
    wants=_wants,
    judge=_published,
    needs=("bdii", "records"),
    told_by="BDII-1",
    means="the broker and students go by what is not so",
    remedy="`systemctl restart bdii-slapd bdii` on {node}; "
    "`journalctl -u bdii` there tells what it could not find out",
    mends=("systemctl restart bdii-slapd bdii",),
)
FACTS = (
    replace(PUBLISHED, roles=(Role.CE,), needs=(*PUBLISHED.needs, "slurmctld", "slurmd", "slots")),
    replace(PUBLISHED, roles=(Role.SE,)),
    # What CE and SE say wrong is wrong there, too.
    replace(PUBLISHED, roles=(Role.RB,), needs=(*PUBLISHED.needs, "published@ce", "published@se")),
)
