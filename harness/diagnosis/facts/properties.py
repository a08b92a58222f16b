"""Facts of what jobs may ask of a WN: its properties, as ``-l nodes=1:lcgpro`` of qsub(1) names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts import settings
from harness.diagnosis.finding import Step
from harness.site import Node, Role, Site

MADE = "/etc/slurm/slurm.conf"
HAS = "sinfo -h -N -o '%N %f'"
"""Each WN with its properties, parted by commas (sinfo(1))."""


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(site.cluster(node).name, ("run", HAS, ""))


def _properties(case: Case) -> Iterator[Seen]:
    """The WN has the properties that it was made with."""
    wn, ce = case.here, case.site.cluster(case.here)
    said = case.view.got(next(_wants(case.site, wn)))
    text = settings.made(case.box, ce, MADE)
    found = re.search(rf"^NodeName={re.escape(wn.name)}\b.*\bFeatures=(\S+)", text, re.MULTILINE)
    rows = [line.split() for line in said["said"].splitlines()]
    has = {each for row in rows if row[0] == wn.name for each in "".join(row[1:]).split(",")}
    if said["code"] or not has or not found or set(found[1].split(",")) <= has:
        return
    fix = f"scontrol update nodename={wn} availablefeatures={found[1]} activefeatures={found[1]}"
    yield Seen(
        f"has the properties {', '.join(sorted(has))}, and not {found[1]}, which jobs may ask for",
        HAS,
        said["said"],
        remedy=f"`{fix}` on {ce}",
        steps=(Step(ce.name, fix),),
    )


FACTS = (
    Fact(
        name="properties",
        plain=True,
        roles=(Role.WN,),
        label="{node}",
        wants=_wants,
        judge=_properties,
        needs=("slurmctld",),
        carries=("any:jobs",),
        told_by="WN-1",
        everywhere=True,
        means="jobs that ask for one of them wait without end",
    ),
)
