"""Facts of the information system: what it publishes is there, and true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.grid import ldif
from harness.grid.glue import Expected, Records
from harness.site import Node, Role, Site

ASK = (
    "for base in o=grid o=glue; do "
    "ldapsearch -x -LLL -o nettimeout=1 -l 2 -H ldap://127.0.0.1:2170 -b $base; done"
)


def _wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", ASK, ""))


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
    elif not records.of("GlueSE"):
        yield "the SE is missing"


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
