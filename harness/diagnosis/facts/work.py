"""Facts of jobs: a WN that is not overloaded and runs what it is sent, a CE that keeps books of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median
from typing import Any

from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts.batch import STATES, TAKES
from harness.diagnosis.finding import Step
from harness.site import Node, Role, Site

MOMENTS, APART = 5, 0.1
"""How often it is looked who wants a processor, and the seconds between."""
HEAVY = 2.0
"""Programs for each slot of a WN that want a processor, besides its jobs, from which its jobs are slow: twice
the ``ideal_load`` of pbs_mom, at which one of the time called itself busy (``max_load``, Torque's manual)."""
LEAST = 4
"""So many at least: a person who looks around runs some, too."""
STARTS = "cd && timeout $PATIENCE srun -p {queue} -w {wn} true"
"""A job of a pool account on one WN, in the CE's own words."""
BOOKS = ("/var/lib/globus/gram_job_state", "/var/lib/globus/gram-audit", "/var/log/globus")
"""Where job managers of all pool accounts keep a job's state, its record and their logs."""


def writes(*paths: str) -> str:
    """Shell that names each of these directories in which nothing can be written, with the reason.

    What a loader said before the name is none of what it takes away.
    """
    return (
        f"for d in {' '.join(paths)}; do f=$(mktemp $d/.look.XXXXXX 2>&1) && "
        'rm -f "$d/.look.${f##*/.look.}" || echo "$d: $f"; done'
    )


def _account(site: Site) -> str:
    return f"{site.vo}001"


def _load_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("busy", MOMENTS, APART))


def _load(case: Case) -> Iterator[Seen]:
    """What runs beside jobs on a WN leaves the processors to them."""
    moments: list[list[str]] = case.view.got(next(_load_wants(case.site, case.node)))
    count = median(map(len, moments))
    if count >= max(LEAST, HEAVY * case.site.slots):
        names = sorted({name for moment in moments for name in moment})
        yield Seen(
            f"is overloaded: {count:.0f} programs that are no jobs want a processor ({', '.join(names[:4])})",
            "ps -eo pid,user,stat,args | grep ' R'",
            "\n".join(" ".join(moment) for moment in moments),
            degraded=True,
        )


def _run_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    line = STARTS.format(queue=site.queues[0].name, wn=node.name)
    yield Want(site.cluster(node).name, ("run", line, _account(site)))
    yield Want(site.cluster(node).name, ("run", STATES, ""))


def _runs(case: Case) -> Iterator[Seen]:
    """The WN starts a job of a pool account, and the scheduler hears of its end."""
    start, states = _run_wants(case.site, case.node)
    if not _free(case, states):
        return  # whoever is there first, runs first
    said: dict[str, Any] = {"code": 124, "said": ""}
    if not case.view.late(start):
        said = case.view.got(start)
    if said["code"] and "Unable to allocate" not in said["said"]:
        why = said["said"].strip().splitlines()
        last = "no answer in time" if said["code"] == 124 else why[-1] if why else f"exit code {said['code']}"
        yield Seen(f"runs no job of a pool account: {last[:200]}", str(start.words[1]), said["said"][:600])


def _free(case: Case, states: Want) -> bool:
    """Whether a slot is free, as the scheduler has it."""
    said = case.view.got(states)["said"]
    rows = [line.split() for line in said.splitlines() if len(line.split()) > 1]
    of_node = [row[1].rstrip("*~#!%$@^-") for row in rows if row[0] in (case.here.name, case.here.fqdn)]
    return bool(of_node) and set(of_node) <= TAKES - {"alloc", "comp"}


def _staging_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", writes(*BOOKS), _account(site)))
    yield Want(node.name, ("files", list(BOOKS), False))
    yield Want(node.name, ("files", [f"{BOOKS[0]}/{site.vo}*"], False))


def _staging(case: Case) -> Iterator[Seen]:
    """Job managers can write down what becomes of a job."""
    said, files, own = (case.view.got(want) for want in _staging_wants(case.site, case.node))
    yield from _strangers(case, own)
    wrong = [line for line in said["said"].splitlines() if line.startswith(BOOKS)]
    if wrong:
        path = wrong[0].partition(":")[0]
        told = files.get(path)
        fix = f"install -d -o root -g root -m 1777 {path}"
        yield Seen(
            f"can't write to {path}" + (f" ({told['owner']}'s, mode {told['mode']:o})" if told else ""),
            f"ls -ld {path}",
            said["said"],
            told["changed"] if told else 0.0,
            remedy=f"`{fix}` on {case.here}",
            steps=(Step(case.here.name, fix),),
        )


def _strangers(case: Case, own: dict[str, dict[str, Any]]) -> Iterator[Seen]:
    """What bears the name of an account there is the account's own, and it can write to it."""
    for path, told in own.items():
        name = path.rpartition("/")[2]
        if re.fullmatch(rf"{re.escape(case.site.vo)}\w*", name) and (
            told["owner"] != name or told["mode"] & 0o700 != 0o700
        ):
            fix = f"chown -R {name}: {path}; chmod u+rwx {path}"
            yield Seen(
                f"can't write to {path}, for {name} ({told['owner']}'s, mode {told['mode']:o})",
                f"ls -ld {path}",
                since=told["changed"],
                remedy=f"`{fix}` on {case.here}",
                steps=(Step(case.here.name, fix),),
            )
            return


def slots_are_taken(case: Case, ce: Node) -> bool:
    """Whether all slots of a CE have jobs, so that another one waits."""
    said = case.view.got(Want(ce.name, ("run", STATES, "")))["said"]
    states = [line.split()[1].rstrip("*~#!%$@^-") for line in said.splitlines() if len(line.split()) > 1]
    if not states:
        raise Unseen(f"{ce}: the scheduler lists no WN")
    return "idle" not in states and "mix" not in states


FACTS = (
    Fact(
        name="load",
        roles=(Role.WN,),
        label="{node}",
        wants=_load_wants,
        judge=_load,
        slows=True,
        carries=("runs", "any:job"),
        told_by="WN-1",
        everywhere=True,
        means="jobs there are slow",
        remedy="end on {node} what is no job there: `ps -eo pid,user,pcpu,args --sort=-pcpu | head` shows it",
    ),
    Fact(
        name="runs",
        roles=(Role.WN,),
        label="{node}",
        wants=_run_wants,
        judge=_runs,
        needs=("slurmd", "queues", "mungekey"),
        carries=("any:job", "any:jobs"),
        told_by="WN-3",
        everywhere=True,
        means="jobs that are sent there end at once, or never begin",
        remedy="`journalctl -u slurmd` on {node} tells of the job",
    ),
    Fact(
        name="staging",
        plain=True,
        roles=(Role.CE,),
        label="job managers of {node}",
        wants=_staging_wants,
        judge=_staging,
        needs=("disk", "accounts"),
        carries=("login", "job", "any:jobs"),
        told_by="CE-1",
        means="no job gets to the batch system, or what becomes of it is not known",
        remedy="`systemd-tmpfiles --create` on {node}",
    ),
)
