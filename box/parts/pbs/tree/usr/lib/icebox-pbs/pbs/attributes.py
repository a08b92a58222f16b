"""``qstat -f``: every attribute of a job, a queue or the server, one a line."""

from __future__ import annotations

from pbs import times
from pbs.jobs import Job
from pbs.queues import Queue

WIDTH = 80


def job(job: Job) -> str:
    """One job as ``Job Id: …`` and ``    attribute = value`` lines, with an empty line after it."""
    return _block("Job Id", job.ident, job_attributes(job))


def queue(queue: Queue) -> str:
    return _block("Queue", queue.name, queue_attributes(queue))


def server(name: str, jobs: list[Job]) -> str:
    return _block("Server", name, {"server_state": "Active", "server_host": name, **_totals(jobs)})


def job_attributes(job: Job) -> dict[str, str]:
    """In Torque's order; attributes without a value are left out."""
    path = f"{job.notes.get('PBS_O_HOST') or job.server}:"
    joined = job.notes.get("Join_Path") or "n"
    started = job.state in "RECS" and bool(job.wall_seconds or job.slots)
    found = {
        "Job_Name": job.name,
        "Job_Owner": f"{job.user}@{job.server}",
        "resources_used.walltime": times.clock(job.wall_seconds) if started else "",
        "job_state": job.state,
        "queue": job.queue,
        "server": job.server,
        "Account_Name": job.fields.get("Account", "").replace("(null)", ""),
        "Checkpoint": "u",
        "ctime": job.date("SubmitTime"),
        "Error_Path": path + job.fields.get("StdErr", "/dev/null"),
        "exec_host": "+".join(job.slots) if job.state in "RES" else "",
        "Hold_Types": job.held_by,
        "interactive": job.notes.get("interactive", ""),
        "Join_Path": joined,
        "Keep_Files": job.notes.get("Keep_Files") or "n",
        "Mail_Points": job.notes.get("Mail_Points") or "a",
        "Mail_Users": job.notes.get("Mail_Users", ""),
        "mtime": job.date("EndTime" if job.state == "C" else "StartTime" if started else "SubmitTime"),
        "Output_Path": path + job.fields.get("StdOut", "/dev/null"),
        "Priority": job.notes.get("Priority") or "0",
        "qtime": job.date("SubmitTime"),
        "Rerunable": str(job.fields.get("Requeue") == "1"),
        **_resource_list(job),
        "Shell_Path_List": job.notes.get("Shell_Path_List", ""),
        "euser": job.user,
        "Variable_List": job.notes.get("Variable_List", ""),
        "etime": job.date("EligibleTime"),
        "exit_status": str(job.exit_status) if job.state == "C" else "",
        "submit_args": job.notes.get("submit_args", ""),
        "start_time": job.date("StartTime") if started else "",
        "comp_time": job.date("EndTime") if job.state == "C" else "",
        "Walltime.Remaining": str(max(0, job.limit_seconds - job.wall_seconds)) if job.state == "R" else "",
        "start_count": str(int(job.fields.get("Restarts", "0")) + 1) if started else "",
        "comment": _reason(job),
    }
    return {key: value for key, value in found.items() if value}


def queue_attributes(queue: Queue) -> dict[str, str]:
    found = {"queue_type": "Execution", **_totals(queue.jobs)}
    if queue.max_seconds:
        found["resources_max.walltime"] = times.clock(queue.max_seconds)
    assigned = sum(len(job.slots) for job in queue.jobs if job.state in "RE")
    found["resources_assigned.nodect"] = str(assigned)
    return {**found, "enabled": str(queue.enabled), "started": str(queue.started)}


def _totals(jobs: list[Job]) -> dict[str, str]:
    names = {
        "Transit": "T",
        "Queued": "Q",
        "Held": "H",
        "Waiting": "W",
        "Running": "R",
        "Exiting": "E",
        "Complete": "C",
    }
    states = (f"{name}:{sum(job.state == letter for job in jobs)}" for name, letter in names.items())
    return {"total_jobs": str(len(jobs)), "state_count": " ".join(states)}


def _resource_list(job: Job) -> dict[str, str]:
    asked = {key: value for key, value in job.notes.items() if key.startswith("Resource_List.")}
    defaults = {"Resource_List.nodes": "1", "Resource_List.walltime": times.clock(job.limit_seconds)}
    return dict(sorted({**defaults, **asked}.items()))


def _reason(job: Job) -> str:
    """Why a job waits, in Slurm's word."""
    reason = job.fields.get("Reason", "None")
    return f"Not Running: {reason}" if job.state in "QHW" and reason != "None" else ""


def _block(kind: str, name: str, attributes: dict[str, str]) -> str:
    return f"{kind}: {name}\n" + "".join(_line(key, value) for key, value in attributes.items()) + "\n"


def _line(key: str, value: str) -> str:
    """``    key = value``, broken at commas before an item that would pass column 80; a tab continues it."""
    lines, current = [], f"    {key} = "
    items = value.split(",")
    for number, item in enumerate(items):
        piece = item + ("," if number < len(items) - 1 else "")
        if number and len(current) + len(piece) > WIDTH:
            lines.append(current)
            current = "\t"
        current += piece
    return "\n".join([*lines, current]) + "\n"
