"""glite-job-cancel, edg-job-cancel, glite-wms-job-cancel."""

from __future__ import annotations

from itertools import groupby

from gridware.wms import errors, idfile, jsonout, layouts
from gridware.wms.errors import UiError, UsageError
from gridware.wms.session import PARTIAL, Session

_ENDED = frozenset({"Done", "Cleared", "Aborted", "Cancelled", "Purged"})


def run(session: Session) -> int:
    as_json = jsonout.wanted(session)
    jobs = _all(session) if session.call.has("all") else session.ids()
    if not (session.call.has("noint") or as_json) and not idfile.yes(
        "Are you sure you want to remove specified job(s)"
    ):
        print("bye")
        return 0
    done, failed = _cancel(session, jobs)
    if done and as_json:
        jsonout.show(session, jsonout.cancelled(session.endpoint, done))
    elif done:
        session.say(layouts.cancelled(session.command.name, done, session.command.old))
        if session.call.has("output"):
            idfile.add(session.call.get("output"), done)
    if not failed:
        return 0
    return PARTIAL if done else 1


def _cancel(session: Session, jobs: list[str]) -> tuple[list[str], int]:
    """The jobs that will be cancelled, and how many will not."""
    done: list[str] = []
    failed = 0
    for host, ids in groupby(sorted(jobs, key=session.host), key=session.host):
        group = list(ids)
        try:
            answers = session.broker(host).cancel(group)
        except errors.known() as error:
            session.complain(error)
            failed += len(group)
            continue
        for job, accepted, text in answers:
            if accepted:
                done.append(job)
            else:
                session.complain(UiError("NS_JOB_CANCEL_NOT_ALLOWED", f"{job}\n{text}"))
                failed += 1
    return [job for job in jobs if job in done], failed


def _all(session: Session) -> list[str]:
    if session.call.operands or session.call.has("input"):
        raise UsageError("--all and job ids exclude each other")
    jobs = [job.id for job in session.books().all() if not job.parent and job.state not in _ENDED]
    if not jobs:
        raise UiError("NS_JOB_CANCEL_NOT_ALLOWED", "You have no job that could be cancelled.")
    return jobs
