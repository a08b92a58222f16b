"""Results as JSON: the keys of the glite-wms commands, in what every parser reads.

The original's --pretty-print left the quotes out, so that it was no JSON any more; here it is.
"""

from __future__ import annotations

from gridware.wms import eventnames
from gridware.wms.errors import UsageError
from gridware.wms.layouts import moment
from gridware.wms.records import Event, JobStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridware.wms.session import Session

    Content = Mapping[str, object]


def wanted(session: Session) -> bool:
    """Is the answer to be JSON? Raises UsageError beside --output and --nomsg, as the original did."""
    call = session.call
    if not call.has("json"):
        return False
    for other in ("output", "nomsg"):
        if call.has(other):
            raise UsageError(f"--json and --{other} exclude each other")
    return True


def show(session: Session, content: Content) -> None:
    """Print a successful answer."""
    import json

    pretty = session.call.has("pretty-print")
    text = json.dumps({"result": "success", **content}, indent=2 if pretty else None, ensure_ascii=False)
    session.say(text)


def submitted(endpoint: str, job: str, nodes: Mapping[str, str]) -> Content:
    """A job's id, or a parent's with the ids of its nodes by name."""
    if not nodes:
        return {"jobid": job, "endpoint": endpoint}
    return {"parent": job, "endpoint": endpoint, "children": dict(nodes)}


def statuses(jobs: Iterable[JobStatus], level: int) -> Content:
    """What is known about jobs, by their ids."""
    return {job.id: _status(job, level) for job in jobs}


def matches(found: Sequence[tuple[str, float]], rank: bool) -> Content:
    """CE ids, and their ranks in the same order; a rank that says nothing is null."""
    content: dict[str, object] = {"ceid": [ce for ce, _ in found]}
    if rank:
        content["rank"] = [_rank(value) for _, value in found]
    return content


def fetched(endpoint: str, folders: Mapping[str, str]) -> Content:
    """Where the output of each job is now; nowhere for a job that had none."""
    jobs = {
        job: {"endpoint": endpoint, "output_available": int(bool(folder)), "location": folder or "None"}
        for job, folder in folders.items()
    }
    return {"jobs": jobs}


def cancelled(endpoint: str, jobs: Iterable[str]) -> Content:
    return {"jobs": {job: {"endpoint": endpoint, "status": "cancel requested"} for job in jobs}}


def events(logs: Mapping[str, Sequence[Event]]) -> Content:
    """The events of one job, or of several in a list."""
    found = [{"JobID": job, "Events": [_event(event) for event in log]} for job, log in logs.items()]
    return found[0] if len(found) == 1 else {"jobs": found}


def _status(job: JobStatus, level: int) -> Content:
    qualifier = f" ({job.done_qualifier})" if job.state == "Done" and job.done_qualifier else ""
    told: dict[str, object] = {"Current Status": job.state + qualifier}
    if level == 0:
        return told
    if job.state == "Done" and job.exit_code is not None:
        told["Exit code"] = str(job.exit_code)
    for name, value in (("Status Reason", job.reason), ("Destination", job.destination)):
        if value:
            told[name] = value
    if job.submitted:
        told["Submitted"] = moment(job.submitted)
    if job.last_change:
        # When it came into its state, in epoch seconds.
        told[job.state] = str(int(job.last_change))
    if job.parent:
        told["Parent Job"] = job.parent
    return told if level == 1 else {**told, **_shown(job.attributes or {}, level)}


def _rank(value: float) -> float | None:
    if value == float("-inf"):
        return None
    return int(value) if value.is_integer() else value


def _event(event: Event) -> Content:
    return {
        "EventName": eventnames.shown(event.name),
        "Source": event.source,
        "Timestamp": str(int(event.time)),
        **_shown(event.attributes, 3),
    }


def _shown(attributes: Mapping[str, object], level: int) -> Content:
    hidden = () if level > 2 else ("Jdl",)
    return {
        name: value for name, value in attributes.items() if value not in (None, "") and name not in hidden
    }
