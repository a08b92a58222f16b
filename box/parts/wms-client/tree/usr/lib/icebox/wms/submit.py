"""glite-job-submit, edg-job-submit, glite-wms-job-submit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wms import idfile, layouts, normal, request
from wms.errors import UsageError
from wms.jobid import JobId
from wms.proxy import long_enough
from wms.request import Request
from wms.session import Session
from wms.syntax import Ad, literal

if TYPE_CHECKING:
    from wms.transport import Submission


def run(session: Session) -> int:
    _check_delegation(session)
    asked = request.build(session)
    long_enough(session.proxy)
    session.introduce()
    jobs = submissions(asked, session.rb, session.servers.bookkeeping.port)
    for each in jobs:
        session.debug(f"{each.id} {each.node}: {each.jdl}")
    session.broker().submit(jobs)
    saved = ""
    if session.call.has("output"):
        saved = str(idfile.add(Path(session.call.get("output")), [jobs[0].id]))
    _report(session, jobs[0].id, saved)
    return 0


def submissions(asked: Request, host: str, port: int) -> list[Submission]:
    """What the broker gets, the parent before its nodes."""
    from wms.transport import Submission

    ids = {job.name: str(JobId.new(host, port)) for job in asked.jobs}
    made = []
    parent = None
    if asked.parent is not None:
        parent = str(JobId.new(host, port))
        made.append(Submission(parent, normal.with_id(_with_nodes(asked.parent, ids), parent), [], None, ""))
    for job in asked.jobs:
        jdl = normal.with_id(job.ad, ids[job.name])
        made.append(Submission(ids[job.name], jdl, list(job.sandbox.files), parent, job.name))
    return made


def _with_nodes(parent: Ad, ids: dict[str, str]) -> Ad:
    """The parent with the ids of its nodes."""
    nodes = [
        literal(Ad().with_value("NodeName", literal(name)).with_value("edg_jobid", literal(job)))
        for name, job in ids.items()
    ]
    return parent.with_value("Nodes", literal(nodes))


def _check_delegation(session: Session) -> None:
    check_delegation(session)
    if session.call.has("valid") and session.call.has("to"):
        raise UsageError("--valid and --to exclude each other")


def check_delegation(session: Session) -> None:
    """The C++ commands need to be told how to delegate."""
    call = session.call
    if session.command.old:
        return
    if call.has("autm-delegation") and call.has("delegationid"):
        raise UsageError("--autm-delegation and --delegationid exclude each other")
    if not (call.has("autm-delegation") or call.has("delegationid")):
        raise UsageError("one of --autm-delegation (-a) and --delegationid (-d) is needed")


def _report(session: Session, job: str, saved: str) -> None:
    command = session.command
    if session.call.has("nomsg"):
        session.say(job)
    elif command.old:
        session.say(layouts.submitted_old(command.name, command.status_command, job, saved, session.edg))
    else:
        session.say(layouts.submitted_wms(command.name, job, saved))
