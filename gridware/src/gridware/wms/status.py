"""glite-job-status, edg-job-status, glite-wms-job-status."""

from __future__ import annotations

from itertools import groupby

from gridware.wms import errors, filters, jsonout, layouts
from gridware.wms.errors import UsageError
from gridware.wms.records import JobStatus
from gridware.wms.session import PARTIAL, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Fits = Callable[[JobStatus], bool]


def run(session: Session) -> int:
    level = session.level("DefaultStatusLevel") if session.call.has("verbosity") else 1
    as_json = jsonout.wanted(session)
    fits = filters.fits(session.call)
    jobs, failed = _all(session, fits) if _every(session) else _asked(session, fits)
    if as_json:
        nodes = [node for job in jobs for node in _nodes(session, job)]
        if jobs or not failed:
            jsonout.show(session, jsonout.statuses([*jobs, *nodes], level))
        return (PARTIAL if jobs else 1) if failed else 0
    blocks = [_block(session, job, level) for job in jobs]
    if blocks:
        session.finish(layouts.status_page(session.command.name, blocks, session.command.old))
    elif not failed:
        session.say("\nNo job fits what was asked for.\n")
    if not blocks:  # as where the bookkeeping service found none
        return 1
    return PARTIAL if failed else 0


def _every(session: Session) -> bool:
    """Whether all jobs of the person are meant, or those of them that fit."""
    call = session.call
    named = bool(call.operands) or call.has("input")
    if call.has("all") and named:
        raise UsageError("--all and job ids exclude each other")
    return call.has("all") or (not named and any(call.has(choice) for choice in filters.CHOICES))


def _all(session: Session, fits: Fits) -> tuple[list[JobStatus], int]:
    """The person's own jobs; a node that fits stands below its parent, or alone if that one does not fit."""
    found = [job for job in session.books().all() if fits(job)]
    shown = {job.id for job in found if not job.parent}
    nodes = not session.call.has("nonodes")
    return [job for job in found if not job.parent or (nodes and job.parent not in shown)], 0


def _asked(session: Session, fits: Fits) -> tuple[list[JobStatus], int]:
    """The jobs of the command line, and how many could not be told."""
    found: list[JobStatus] = []
    failed = 0
    for _host, jobs in groupby(session.ids(), key=session.host):
        told, silent = _told(session, list(jobs))
        found += told
        failed += silent
    return [job for job in found if fits(job)], failed


def _told(session: Session, jobs: list[str]) -> tuple[list[JobStatus], int]:
    """All at once; if that fails one after the other, so that each says what is wrong with it."""
    try:
        return list(session.books(jobs[0]).status(jobs)), 0
    except errors.known() as error:
        if len(jobs) == 1:
            session.complain(error)
            return [], 1
    each = [_told(session, [job]) for job in jobs]
    return [job for found, _failed in each for job in found], sum(failed for _found, failed in each)


def _block(session: Session, job: JobStatus, level: int) -> str:
    return layouts.status_block(job, level, session.edg, _nodes(session, job))


def _nodes(session: Session, job: JobStatus) -> list[JobStatus]:
    """The nodes of a job, if they are to be told."""
    children = list(job.children or ())
    if not children or session.call.has("nonodes"):
        return []
    return list(session.books(job.id).status(children))
