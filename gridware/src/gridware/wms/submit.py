"""glite-job-submit, edg-job-submit, glite-wms-job-submit."""

from __future__ import annotations

from gridware.jdl import normal
from gridware.jdl.ad import Ad, literal
from gridware.wms import idfile, jsonout, layouts, request
from gridware.wms.errors import UsageError, known
from gridware.wms.jobid import JobId, checked_id
from gridware.wms.options import check_protocol, exclusive
from gridware.wms.proxy import long_enough
from gridware.wms.request import Request
from gridware.wms.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gridware.wms.transport import Submission


_NOT_BESIDE_START = (
    *("register-only", "input", "resource", "nodes-resource", "to", "valid"),
    *("collection", "dag", "jsdl", "default-jdl"),
)


def run(session: Session) -> int:
    _check(session)
    if session.call.has("start"):
        return _start(session, session.call.get("start"))
    asked = request.build(session)
    long_enough(session.proxy)
    session.introduce()
    jobs = submissions(asked, session.rb, session.servers.bookkeeping.port)
    for each in jobs:
        session.debug(f"{each.id} {each.node}: {each.jdl}")
    _send(session, jobs)
    saved = ""
    if session.call.has("output"):
        saved = idfile.add(session.call.get("output"), [jobs[0].id])
    if jsonout.wanted(session):
        nodes = {each.node: each.id for each in jobs if each.parent}
        jsonout.show(session, jsonout.submitted(session.endpoint, jobs[0].id, nodes))
        return 0
    _report(session, jobs[0].id, saved, "registered" if session.call.has("register-only") else "submitted")
    return 0


def _send(session: Session, jobs: list[Submission]) -> None:
    """Register, send the files, start.  What is registered and not started never runs, and is told."""
    broker = session.broker()
    broker.register(jobs)
    try:
        broker.transfer(jobs)
        if not session.call.has("register-only"):
            broker.start([job.id for job in jobs])
    except known():
        session.warn("NS_SUBMIT_FAIL", f"{jobs[0].id} is registered, but was not started")
        if session.call.has("output"):
            idfile.add(session.call.get("output"), [jobs[0].id], unfinished=True)
        raise


def _start(session: Session, job: str) -> int:
    """Let a registered job go, with its nodes."""
    if session.call.operands:
        raise UsageError("--start and a JDL file exclude each other")
    job = checked_id(job)
    session.introduce()
    broker = session.broker(session.host(job))
    broker.start([job, *broker.status([job])[0].children])
    if jsonout.wanted(session):
        jsonout.show(session, jsonout.submitted(session.endpoint, job, {}))
        return 0
    _report(session, job, "", "started")
    return 0


def submissions(asked: Request, host: str, port: int) -> list[Submission]:
    """What the broker gets, the parent before its nodes."""
    from gridware.wms.transport import Submission

    ids = {job.name: str(JobId.new(host, port)) for job in asked.jobs}
    made = []
    parent = None
    if asked.parent is not None:
        parent = str(JobId.new(host, port))
        ad = normal.with_original(_with_nodes(asked.parent, ids), asked.original)
        made.append(Submission(parent, normal.with_id(ad, parent), [], None, ""))
    for job in asked.jobs:
        ad = job.ad if parent else normal.with_original(job.ad, asked.original)
        jdl = normal.with_id(ad, ids[job.name])
        made.append(Submission(ids[job.name], jdl, list(job.sandbox.files), parent, job.name))
    return made


def _with_nodes(parent: Ad, ids: dict[str, str]) -> Ad:
    """The parent with the ids of its nodes."""
    nodes = [
        literal(Ad().with_value("NodeName", literal(name)).with_value("edg_jobid", literal(job)))
        for name, job in ids.items()
    ]
    return parent.with_value("Nodes", literal(nodes))


def _check(session: Session) -> None:
    if session.call.has("chkpt"):
        raise UsageError("--chkpt: this broker keeps no states of jobs, so none can go on from one")
    if session.call.has("start"):  # the job has what it needs: its proxy, its files, its place
        for name in _NOT_BESIDE_START:
            exclusive(session.call, "start", name)
    else:
        check_delegation(session)
    exclusive(session.call, "valid", "to")
    if session.call.has("transfer-files") and not session.call.has("register-only"):
        raise UsageError("--transfer-files has a meaning beside --register-only only")
    jsonout.wanted(session)
    check_protocol(session.call)


def check_delegation(session: Session) -> None:
    """The C++ commands need to be told how to delegate."""
    call = session.call
    if session.command.old:
        return
    exclusive(call, "autm-delegation", "delegationid")
    if not (call.has("autm-delegation") or call.has("delegationid")):
        raise UsageError("one of --autm-delegation (-a) and --delegationid (-d) is needed")


def _report(session: Session, job: str, saved: str, done: str) -> None:
    command = session.command
    if session.call.has("nomsg"):
        session.say(job)
    elif command.old:
        session.say(layouts.submitted_old(command.name, command.status_command, job, saved, session.edg))
    else:
        session.say(layouts.submitted_wms(command.name, job, saved, done))
