"""``qstat -f``: every attribute of a job, a queue or the server, one a line."""

from __future__ import annotations

from gridware.pbs import records, resources, spans, times
from gridware.pbs.job import Job
from gridware.pbs.queues import Queue

WIDTH = 80


def job(job: Job, wrap: bool = True) -> str:
    """One job as ``Job Id: …`` and ``    attribute = value`` lines, with an empty line after it."""
    return _block("Job Id", job.ident, job_attributes(job), wrap)


def queue(queue: Queue, wrap: bool = True) -> str:
    return _block("Queue", queue.name, queue_attributes(queue), wrap)


def server(name: str, everything: list[Job], wrap: bool = True) -> str:
    return _block("Server", name, server_attributes(name, everything), wrap)


def server_attributes(name: str, everything: list[Job]) -> dict[str, str]:
    return {"server_state": "Active", "server_host": name, "scheduling": "True", **_totals(everything)}


def xml(shown: list[Job]) -> str:
    """``qstat -x``: the same attributes; times in seconds since 1970, resources in an element."""
    return f'<?xml version="1.0"?>\n<Data>{"".join(map(_xml_job, shown))}</Data>\n'


def _xml_job(job: Job) -> str:
    text, inside = f"<Job><Job_Id>{_xml(job.ident)}</Job_Id>", ""
    for key, value in {**job_attributes(job, dated=False), "": ""}.items():
        group, dot, name = key.partition(".")
        if inside and group != inside:
            text += f"</{inside}>"
            inside = ""
        if dot and not inside:
            text += f"<{group}>"
            inside = group
        if key:
            tag = name if dot else group
            text += f"<{tag}>{_xml(value)}</{tag}>"
    return f"{text}</Job>"


def _xml(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, entity)
    return "".join(char if char.isprintable() or char in "\t\n" else "?" for char in text)


def job_attributes(job: Job, dated: bool = True) -> dict[str, str]:
    """In Torque's order; attributes without a value are left out. Times are dates, or seconds since 1970."""
    given = job.variables
    host = given.get("PBS_O_HOST") or job.server
    path = f"{host}:"
    joined = job.notes.get("Join_Path") or "n"
    started = job.state in "RECS" and bool(job.wall_seconds or job.slots)
    date = job.date if dated else job.epoch
    out, err = job.outputs
    found = {
        "Job_Name": job.shown_name,
        "Job_Owner": f"{job.user}@{job.server}",
        **_used(job),
        "resources_used.walltime": times.clock(job.wall_seconds) if started else "",
        "job_state": job.state,
        "queue": job.queue,
        "server": job.server,
        "Account_Name": job.fields.get("Account", "").replace("(null)", ""),
        "Checkpoint": "u",
        "ctime": date("SubmitTime"),
        "depend": job.notes.get("depend", ""),
        "Error_Path": path + err,
        "exec_host": "" if job.tasks else "+".join(job.slots),
        "Execution_Time": date("EligibleTime") if job.state == "W" else "",
        "Hold_Types": job.held_by,
        "interactive": job.notes.get("interactive", ""),
        "Join_Path": joined,
        "Keep_Files": job.notes.get("Keep_Files") or "n",
        "Mail_Points": job.notes.get("Mail_Points") or "a",
        "Mail_Users": job.notes.get("Mail_Users", ""),
        "mtime": date("EndTime" if job.state == "C" else "StartTime" if started else "SubmitTime"),
        "Output_Path": path + out,
        "Priority": job.notes.get("Priority") or "0",
        "qtime": date("SubmitTime"),
        "Rerunable": str(job.fields.get("Requeue") == "1"),
        **_resource_list(job),
        "Shell_Path_List": job.notes.get("Shell_Path_List", ""),
        "euser": job.user,
        "Variable_List": _variables(job),
        "etime": date("EligibleTime"),
        "exit_status": str(job.exit_status) if job.state == "C" else "",
        "submit_args": job.notes.get("submit_args", ""),
        "start_time": date("StartTime") if started else "",
        "comp_time": date("EndTime") if job.state == "C" else "",
        "Walltime.Remaining": str(max(0, job.limit_seconds - job.wall_seconds)) if job.state == "R" else "",
        "start_count": str(job.restarts + 1) if started else "",
        "fault_tolerant": "False",
        "comment": job.comment,
        "job_radix": "0",
        "submit_host": host,
        "init_work_dir": given.get("PBS_O_INITDIR") or given.get("PBS_O_WORKDIR", ""),
        **_array(job),
    }
    return {key: value for key, value in found.items() if value}


def _used(job: Job) -> dict[str, str]:
    """What the job has told at its end; CPU time as HH:MM:SS."""
    if job.state != "C":  # one that was started again may have some of its first start
        return {}
    cput, mem = (job.notes.get(f"{resources.USED}{name}", "") for name in ("cput", "mem"))
    return {
        "resources_used.cput": times.clock(int(cput)) if cput else "",
        "resources_used.mem": mem,
    }


def _variables(job: Job) -> str:
    """Those of the submission and of qalter."""
    return ",".join(filter(None, (job.notes.get("Variable_List"), job.notes.get("v"))))


def _array(job: Job) -> dict[str, str]:
    if job.tasks:
        return {"job_array_request": spans.write([int(task.index) for task in job.tasks])}
    return {"job_array_id": job.index} if job.array else {}


def queue_attributes(queue: Queue) -> dict[str, str]:
    found = {"queue_type": "Execution", **_totals(queue.jobs)}
    if queue.max_seconds:
        found["resources_max.walltime"] = times.clock(queue.max_seconds)
    assigned = sum(len(job.slots) for job in queue.jobs if job.state in "RE")
    found["resources_assigned.nodect"] = str(assigned)
    return {**found, "enabled": str(queue.enabled), "started": str(queue.started)}


def _totals(everything: list[Job]) -> dict[str, str]:
    names = {
        "Transit": "T",
        "Queued": "Q",
        "Held": "H",
        "Waiting": "W",
        "Running": "R",
        "Exiting": "E",
        "Complete": "C",
    }
    states = (f"{name}:{sum(job.state == letter for job in everything)}" for name, letter in names.items())
    return {"total_jobs": str(len(everything)), "state_count": " ".join(states)}


def _resource_list(job: Job) -> dict[str, str]:
    asked = resources.noted(job.notes)
    found = {
        "nodes": "1",
        "nodect": str(sum(term.count for term in resources.chunks(asked.get("nodes", "1")))),
        "walltime": times.clock(job.limit_seconds),
        **{key: shown(key, value) for key, value in asked.items()},
    }
    return {resources.PREFIX + key: found[key] for key in sorted(found)}


def shown(name: str, value: str) -> str:
    """A resource's value: times as HH:MM:SS, however they were given."""
    return times.clock(times.seconds(value)) if name in resources.TIMES else value


def _block(kind: str, name: str, attributes: dict[str, str], wrap: bool) -> str:
    attributes = {key: records.printable(value) for key, value in attributes.items()}
    lines = (_line(key, value) if wrap else f"    {key} = {value}\n" for key, value in attributes.items())
    return f"{kind}: {name}\n{''.join(lines)}\n"


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
