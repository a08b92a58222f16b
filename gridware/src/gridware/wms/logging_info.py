"""glite-job-logging-info, edg-job-get-logging-info, glite-wms-job-logging-info."""

from __future__ import annotations

from gridware.wms import errors, filters, jsonout, layouts
from gridware.wms.errors import UsageError
from gridware.wms.eventnames import NAMES
from gridware.wms.records import Event
from gridware.wms.session import PARTIAL, Session


def run(session: Session) -> int:
    level = session.level("DefaultLogInfoLevel") if session.call.has("verbosity") else 1
    wanted = _names(session.call.repeated.get("event", ()))
    unwanted = _names(session.call.repeated.get("exclude", ()))
    within, tag = filters.period(session.call), filters.tagged(session.call)
    as_json = jsonout.wanted(session)
    jobs, failed = session.ids(), 0
    logs: dict[str, list[Event]] = {}
    for job in jobs:
        try:
            books = session.books(job)
            if session.call.has("user-tag") and not tag(books.status([job])[0]):
                continue
            logs[job] = [
                event
                for event in books.events(job, level)
                if within(event.time) and event.name.upper() in (wanted or NAMES) - unwanted
            ]
        except errors.known() as error:
            session.complain(error)
            failed += 1
    if logs and as_json:
        jsonout.show(session, jsonout.events(logs))
    elif logs:
        command = session.command
        pages = (
            layouts.events_page(command.name, job, log, level, command.old, session.edg)
            for job, log in logs.items()
        )
        session.finish("".join(pages))
    if not failed:
        return 0
    return PARTIAL if failed < len(jobs) else 1


def _names(words: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(word.upper() for word in words)
    for word in sorted(names - NAMES):
        raise UsageError(f"{word!r} is no event; {', '.join(sorted(NAMES))} are")
    return names
