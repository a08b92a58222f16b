"""Facts of the information system: what it publishes is there, and true."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.grid import ldif
from harness.grid.glue import Expected, Records
from harness.services.registry import GATEKEEPER, GRIDFTP, XROOTD
from harness.site import Node, Role, Site

ASK = (
    "ask() { ldapsearch -x -LLL -o nettimeout=$SECOND -l $((2 * SECOND)) -H ldap://127.0.0.1:2170 -b $1; }; "
    "ask o=grid & glue=$(ask o=glue); code=$?; wait; printf '%s\\n' \"$glue\"; exit $code"
)
"""Side by side: where names are not found, each takes seconds to know its own machine's."""
SEARCH = "ldapsearch -x -H ldap://{host}:2170 -b o=grid"
CPUS = "sinfo -h -N -o '%N %c'"
WAITING = "squeue -h -a -r -t PD | wc -l"
ROUND = "/run/bdii/round"
"""What makes the records tells here when it did so last (gridware.gridinfo.rhythm)."""
OLD = 60.0
"""Seconds of a setting, or beyond what was promised, after which records are old: it takes two."""
SOME = 5
"""Jobs by which two counts differ that were made at two moments."""
SPACE = 1 << 20
"""kB by which free space differs that others write to as well."""
NEWS = re.compile(r"Glue(CE|SE|SA)(State|Size|Total|Free|Used)|GlueSACapability|GlueServiceStatus|GlueHost")
"""Attributes that change from one moment to the next."""


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", ASK, ""))
    yield Want(node.name, ("files", [ROUND], True))
    yield Want(node.name, ("now",))
    if node.role is Role.RB:
        yield from (Want(each.name, ("run", ASK, "")) for each in (*site.ces, *site.ses))
    if node.role is Role.CE:
        yield Want(node.name, ("run", CPUS, ""))
        yield Want(node.name, ("run", WAITING, ""))
    if node.role is Role.SE:
        yield Want(node.name, ("files", [site.storage], False))
        yield _room(site, node)


def _room(site: Site, se: Node) -> Want:
    return Want(se.name, ("run", f"df -k --output=avail {site.storage} | tail -1", ""))


def _published(case: Case) -> Iterator[Seen]:
    """Everything a broker goes by is there once, open, fresh, and as batch system and disk have it."""
    yield from _old(case)
    want = next(_wants(case.site, case.node))
    if case.view.late(want):
        return
    said = case.view.got(want)
    if (case.here.name, "bdii") in case.silent or (case.here.name, "records") in case.silent:
        return  # the services' own trouble
    if said["code"] or not said["said"].strip():
        why = said["said"].strip()[-200:] or "there is no record"
        yield Seen(f"publishes nothing: {why}", SEARCH.format(host=case.here.fqdn), why)
        return
    records, site = Records(ldif.parse(said["said"])), case.site
    # That a service is dead is what it has to say of it.
    wrong = [each for each in _faults(records, case) if "nothing listens" not in each]
    if wrong:
        yield Seen(
            f"publishes what is not so: {wrong[0]}",
            SEARCH.format(host=case.here.fqdn),
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


def _old(case: Case) -> Iterator[Seen]:
    """What makes the records looks at what they tell of, again and again."""
    found = case.view.got(Want(case.here.name, ("files", [ROUND], True))).get(ROUND)
    if not found or not found["text"]:
        return  # it has just begun, or its service tells
    every, pause = map(float, found["text"].split())
    age = case.view.got(Want(case.here.name, ("now",))) - found["changed"]
    probe = f"date; ls -l --time-style=full-iso {ROUND}; cat {ROUND}"
    if every > OLD:
        yield Seen(
            f"is not kept fresh: what is published is looked at once in {every:.0f} s",
            probe,
            found["text"],
            remedy=f"`./icebox restore {case.here} /etc/gridinfo.toml`, then `systemctl restart bdii` there",
        )
    elif age > pause + OLD:
        yield Seen(f"is old: nothing was looked at for {age:.0f} s", probe, found["text"], found["changed"])


def _expected(site: Site, ces: Iterable[Node], ses: Iterable[Node]) -> Expected:
    queues = tuple(queue.name for queue in site.queues)
    hosts, stores = tuple(each.fqdn for each in ces), tuple(each.fqdn for each in ses)
    return Expected(site.name, site.vo, queues, hosts, stores)


def _faults(records: Records, case: Case) -> Iterator[str]:
    site = case.site
    if case.here.role is Role.RB:
        yield from records.faults(_expected(site, site.ces, site.ses))
        yield from _copies(records, case)
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
        yield from records.faults_of_ce(_expected(site, [case.here], site.ses))
    elif not records.of("GlueSE"):
        yield "the SE is missing"
    else:
        yield from _lies_of_se(records, case)
        yield from records.faults_of_se(_expected(site, [], [case.here]))


def _copies(records: Records, case: Case) -> Iterator[str]:
    """What CE and SE say of themselves stands in the top BDII, word for word but for what changes."""
    here = {_begin(entry.dn): _lasting(entry) for entry in records.entries}
    for node in (*case.site.ces, *case.site.ses):
        try:
            said = case.view.got(Want(node.name, ("run", ASK, "")))
        except Unseen:
            continue
        for entry in ldif.parse(said["said"]) if not said["code"] else ():
            if entry.dn.lower().startswith("glue") and entry.dn.lower().endswith("o=grid"):
                copy, name = here.get(_begin(entry.dn)), entry.dn.partition(",")[0]
                if copy is None:
                    yield f"{name} is missing, which {node} publishes"
                elif copy != _lasting(entry):
                    strange = sorted(copy ^ _lasting(entry))[0]
                    yield f"{name} is not as {node} publishes it: {strange[0]} {strange[1]}"


def _begin(dn: str) -> str:
    """A DN without where in the tree it is hung up."""
    return dn.lower().partition(",mds-vo-name=")[0]


def _lasting(entry: ldif.Entry) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in entry.attributes if not NEWS.match(name))


def _lies_of_ce(records: Records, case: Case) -> Iterator[str]:
    """What the batch system and the port table know better."""
    port = str(case.site.public_port(case.here, GATEKEEPER.port))
    for entry in records.of("GlueCE"):
        if (told := entry.one("GlueCEInfoGatekeeperPort")) != port:
            yield f"{entry.one('GlueCEName')} is at port {told}, and the gatekeeper at {port}"
    yield from _waiting(records, case)
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


def _waiting(records: Records, case: Case) -> Iterator[str]:
    """As many jobs wait as the batch system has waiting, give or take some that came or went meanwhile."""
    said = case.view.got(Want(case.here.name, ("run", WAITING, "")))
    told = sum(entry.number("GlueCEStateWaitingJobs") for entry in records.of("GlueCE"))
    wait = int(said["said"].strip() or 0) if said["said"].strip().isdigit() else told
    if abs(told - wait) > max(SOME, wait / 2):
        yield f"{told} jobs wait, and the batch system has {wait} that do"


def _lies_of_se(records: Records, case: Case) -> Iterator[str]:
    """What the disk and the port table know better."""
    site, se = case.site, case.here
    there = case.view.got(Want(se.name, ("files", [site.storage], False)))
    room = case.view.got(_room(site, se))["said"].strip()
    for area in records.of("GlueSA"):
        path = area.one("GlueSAPath")
        if path and path != site.storage:
            yield f"files are stored at {path}, and the VO's area is {site.storage}"
        elif path not in there:
            yield f"files are stored at {path}, which is not there"
        elif room.isdigit() and abs((free := area.number("GlueSAStateAvailableSpace")) - int(room)) > max(
            SPACE, int(room) / 2
        ):
            yield f"{free} kB are free, and the disk has {room}"
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
    replace(PUBLISHED, roles=(Role.CE,), needs=(*PUBLISHED.needs, "slurmctld", "slurmd")),
    replace(PUBLISHED, roles=(Role.SE,)),
    # What CE and SE say wrong is wrong there, too.
    replace(PUBLISHED, roles=(Role.RB,), needs=(*PUBLISHED.needs, "published@ce", "published@se")),
)
