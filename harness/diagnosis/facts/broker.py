"""Facts of the central services: who is a member of the VO, and databases that can be written to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.finding import Step
from harness.site import Node, Role, Site

OWN = 0o600
"""Rights that who writes to a file must have on it."""
CATALOGUE, KEEPER = "/var/lib/icebox-catalogue/catalogue.db", "www-data"
SUBMITS = (
    "printf 'universe=vanilla\\nexecutable=/bin/true\\nhold=True\\nqueue\\n' | "
    "timeout $PATIENCE condor_submit -terse -disable - 2>&1"
)
HELPERS = (
    "condor_config_val GRIDMANAGER BATCH_GAHP | { read -r manager; read -r gahp; "
    '[ -x "$manager" ] || echo "$manager"; '
    "printf 'QUIT\\r\\n' | timeout $PATIENCE \"$gahp\" 2>/dev/null | grep -q '^.GahpVersion' || "
    'echo "$gahp"; }'
)
"""Which programs that the engine starts for whoever has a job do not begin; one greets (GAHP protocol)."""
REFUSAL = "the broker's own jobs only"
"""What the queue says to whoever is not the broker (box/parts/wms/site/etc/condor/config.d/99-icebox.j2)."""
JOBS = "/var/lib/icebox/wms/book.db"
MEMBERS = "select distinct dn from usr, m where usr.userid = m.userid"
"""Who is a member of any group, as the VOMS server finds him."""
VOMS_WORD, VOMS_LOGIN = 'MYSQL_PWD="$(cat /etc/voms/voms.pass)"', "mariadb --user=voms"
"""In the environment: what stands in a command line is everyone's to read."""
LOCKED, DAMAGED = "database is locked", "not a database|malformed"
ASIDE = (
    "systemctl stop icebox-catalogue; "
    f'd=$(mktemp -d /var/lib/catalogue-damaged.XXXXXX) && mv {CATALOGUE}* "$d"; '
    "systemctl start icebox-catalogue"
)
"""Nothing is moved where no directory could be made for it: mv would take a file there for one."""
LATE = 124
"""What timeout(1) ends with."""
WRITABLE = (
    "/usr/bin/python3 -c 'import os, sqlite3; "
    f'path = "{CATALOGUE}"; there = os.path.exists(path); '
    'there or os.access(os.path.dirname(path), os.W_OK) or exit("nor made in its directory"); '
    'c = sqlite3.connect(path if there else ":memory:", timeout=1, isolation_level=None); '
    'c.execute("begin immediate"); c.execute("rollback")\' 2>&1 | tail -1'
)
"""The first who asks the catalogue of a new box has it made: that it is missing says nothing."""


def _book_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", WRITABLE, "www-data"))
    yield Want(node.name, ("files", [f"{CATALOGUE}*"], False))


def _books(case: Case) -> Iterator[Seen]:
    """Somebody can write to the catalogue's database: it is there, whole, and not locked for long."""
    said, files = (case.view.got(want) for want in _book_wants(case.site, case.node))
    strange = {path: told for path, told in files.items() if told["owner"] != KEEPER}
    shut = {path: told for path, told in files.items() if told["mode"] & OWN != OWN}
    if shut and not strange:
        yield _shut(case.here.name, *next(iter(shut.items())))
        return
    if strange:
        path, told = next(iter(strange.items()))
        fix = f"chown {KEEPER}: {CATALOGUE}* && systemctl restart icebox-catalogue"
        yield Seen(
            f"belongs to {told['owner']}, not to {KEEPER}, who has to write to it ({path})",
            f"ls -l {CATALOGUE}*",
            since=told["changed"],
            remedy=f"`{fix}` on {case.here}",
            steps=(Step(case.here.name, fix),),
        )
        return
    if said["said"].strip():
        since = files.get(CATALOGUE, {}).get("changed", 0.0)
        yield Seen(
            f"can't be written to: {said['said'].strip()}",
            f"ls -l {CATALOGUE}*; fuser -v {CATALOGUE}",
            said["said"],
            since,
            remedy=f"`kill $({_holders(CATALOGUE)}); systemctl restart icebox-catalogue` on {case.here}"
            if LOCKED in said["said"]
            else f"`{ASIDE}` on {case.here} begins an empty one, if no copy of it can be put in its place"
            if re.search(DAMAGED, said["said"])
            else "",
        )


def _holders(path: str) -> str:
    """What names the processes that hold a database, of which SQLite locks the file or one beside it."""
    return f"lslocks -nro PID,PATH | awk 'index($2, \"{path}\") == 1 {{print $1}}'"


def _jobs_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", WRITABLE.replace(CATALOGUE, JOBS), ""))


def _jobs(case: Case) -> Iterator[Seen]:
    """The broker can write to its database of jobs: it is whole, and nobody holds it for long."""
    said = case.view.got(next(_jobs_wants(case.site, case.node)))["said"].strip()
    if said:
        yield Seen(
            f"can't be written to: {said}",
            f"ls -l {JOBS}*; fuser -v {JOBS}",
            said,
            remedy=f"`kill $({_holders(JOBS)}); systemctl restart icebox-wms` on {case.here}"
            if LOCKED in said
            else "",
        )


def _shut(node: str, path: str, told: Mapping[str, Any]) -> Seen:
    fix = f"chmod u+rw {CATALOGUE}* && systemctl restart icebox-catalogue"
    return Seen(
        f"can't be written to by {KEEPER}, whose it is (mode {told['mode']:o}, {path})",
        f"ls -l {CATALOGUE}*",
        since=told["changed"],
        remedy=f"`{fix}` on {node}",
        steps=(Step(node, fix),),
    )


def _member_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    server = f"{VOMS_LOGIN} --connect-timeout=$SECOND -N {site.vo_database} -e '{MEMBERS}'"
    yield Want(node.name, ("run", f"{VOMS_WORD} timeout $PATIENCE {server}", ""))


def _members(case: Case) -> Iterator[Seen]:
    """The VOMS server reads the VO's database by its password, and every student stands there."""
    said = case.view.got(next(_member_wants(case.site, case.node)))
    if said["code"] == LATE:
        yield Seen(
            "gives no answer in time: somebody holds it",
            "mariadb -e 'show processlist'",
            remedy=f"`systemctl restart mariadb voms@{case.site.vo}` on {case.here} ends who holds it",
        )
        return
    if said["code"]:
        yield Seen(
            f"can't be read by the VOMS server: {said['said'].strip()[-200:]}",
            f"{VOMS_WORD} {VOMS_LOGIN} {case.site.vo_database}",
            said["said"],
            # What somebody set while it ran ends with it; GRANT (vo.sql) opens no account that is locked.
            remedy=f"`./icebox restore {case.here} /etc/voms`, `systemctl restart mariadb; "
            f"mariadb -e 'alter user if exists voms@localhost account unlock'; "
            f"mariadb {case.site.vo_database} < /etc/icebox/vo.sql` on {case.here}, "
            f"then `systemctl restart voms@{case.site.vo}` there",
        )
        return
    names = {line.rpartition("=")[2].strip() for line in said["said"].splitlines()}
    lacking = [each.login for each in case.site.students if each.common_name not in names]
    if lacking:
        yield Seen(
            f"lacks {', '.join(lacking[:4])}{' and others' if len(lacking) > 4 else ''}",
            f"mariadb {case.site.vo_database} -e '{MEMBERS}'",
            said["said"][:600],
        )


def _engine_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", SUBMITS, f"{site.vo}001"))
    yield Want(node.name, ("run", HELPERS, f"{site.vo}001"))


def _engine(case: Case) -> Iterator[Seen]:
    """The engine takes jobs in, refuses ours only for not being the broker's, and starts what serves one."""
    said, helpers = (case.view.got(want) for want in _engine_wants(case.site, case.node))
    if REFUSAL not in said["said"]:
        words = " ".join(said["said"].replace("ERROR:", "").split())
        yield Seen(f"takes no job: {words[-200:] or 'it does not answer'}", "condor_submit", said["said"])
    elif dead := helpers["said"].split():
        yield Seen(
            f"can't start {dead[0]} for whoever has a job",
            f"ls -l {dead[0]}; tail /var/log/condor/GridmanagerLog.*",
            helpers["said"],
        )


FACTS = (
    Fact(
        name="engine",
        roles=(Role.RB,),
        label="the engine of the broker",
        wants=_engine_wants,
        judge=_engine,
        needs=("condor", "disk", "accounts"),
        carries=("jobs",),
        told_by="WMS-1",
        means="jobs wait at the broker, and go to no CE",
        remedy="`condor_config_val -summary` on {node} shows its settings; /var/log/condor/SchedLog there",
    ),
    Fact(
        name="members",
        plain=True,
        roles=(Role.RB,),
        label="the list of the VO's members",
        wants=_member_wants,
        judge=_members,
        needs=("mariadb",),
        carries=("voms",),
        told_by="UI-2",
        means="who is not in it gets no proxy with the VO's attributes",
        remedy="`mariadb {db} < /etc/icebox/vo.sql` on {node} writes it anew",
    ),
    Fact(
        name="books",
        plain=True,
        roles=(Role.RB,),
        label="the catalogue's database",
        wants=_book_wants,
        judge=_books,
        needs=("disk",),
        carries=("catalogue",),
        told_by="CAT-1",
        means="no file gets a name",
        remedy="`systemctl restart icebox-catalogue` on {node}",
    ),
    Fact(
        name="jobbook",
        plain=True,
        roles=(Role.RB,),
        label="the broker's database of jobs",
        wants=_jobs_wants,
        judge=_jobs,
        needs=("disk",),
        carries=("broker", "match", "jobs"),
        told_by="WMS-1",
        means="no job gets to the broker, and what becomes of others is not written down",
        remedy="`journalctl -u icebox-wms` on {node} tells what keeps it from writing",
    ),
)
