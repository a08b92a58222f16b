"""The jobs that Slurm remembers: all of them, those meant by an id, arrays as one."""

from __future__ import annotations

from gridware.pbs import errors, records, server, slurm, spans
from gridware.pbs.errors import PbsError
from gridware.pbs.job import Job


def _parse(text: str, host: str) -> list[Job]:
    """Records; one that stands for many waiting tasks of an array (``ArrayTaskId=3,5-9%2``) as many jobs."""
    found: list[Job] = []
    for line in text.split("\n"):
        if line.startswith("JobId="):
            try:
                found += _of_record(records.parse(line), host)
            except (KeyError, ValueError, IndexError):
                continue  # no record of Slurm's: a job's name and comment can hold whatever its owner likes
    return sorted(found, key=lambda job: (int(job.sequence), int(job.index or 0)))


def _of_record(fields: dict[str, str], host: str) -> list[Job]:
    tasks = records.expand_steps(fields.get("ArrayTaskId", "").partition("%")[0])
    found = [Job(fields, host, str(number)) for number in tasks] or [Job(fields, host)]
    found[0].check()
    return found


def all_jobs(host: str) -> list[Job]:
    """Every job that Slurm remembers, those that ended minutes ago (MinJobAge) too; arrays by task."""
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d")
    if result.code:
        raise slurm.refusal(result.err)
    return _parse(result.out, host)


def folded(found: list[Job]) -> list[Job]:
    """Arrays as one job each, where their first task stood."""
    arrays: dict[str, list[Job]] = {}
    for job in found:
        arrays.setdefault(job.array, []).append(job)
    shown: list[Job] = []
    for job in found:
        if not job.array or job.tasks:
            shown.append(job)
        elif job is arrays[job.array][0]:
            shown.append(array_of(arrays[job.array]))
    return shown


def array_of(tasks: list[Job]) -> Job:
    """The array that tasks belong to."""
    liveliest = min(tasks, key=lambda task: "RESQWHC".index(task.state))
    return Job(liveliest.fields, tasks[0].server, tasks=tasks)


def of_slurm(host: str, number: str) -> Job | None:
    """The job with one of Slurm's own numbers, also of a task; None if there is none."""
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d", number)
    return next((job for job in _parse(result.out, host) if job.number == number), None)


def find(host: str, word: str) -> list[Job]:
    """The jobs meant by an id: one, or all tasks of an array. PbsError (153) if there is none."""
    number, index = server.number_of(word, host)
    result = slurm.run(host, "scontrol", "show", "job", "-o", "-d", f"{number}_{index}" if index else number)
    found = [
        job
        for job in _parse(result.out, host)
        if job.sequence == number and (not index or job.index == index)
    ]
    # An array's id has brackets, a plain job's has none; Slurm's number of a task is no id at all.
    if found and (index is None or found[0].array):
        return found
    error = slurm.refusal(result.err)
    if error.number == errors.UNKNOWN_JOB or not result.code:
        raise PbsError(f"Unknown Job Id {full(word, host)}", errors.UNKNOWN_JOB)
    raise error


def one(host: str, word: str) -> Job:
    """The job meant by an id; an array as one. PbsError (153) if there is none."""
    found = find(host, word)
    return array_of(found) if found[0].array and not server.number_of(word, host)[1] else found[0]


def chosen(host: str, word: str, tasks: str) -> list[Job]:
    """The jobs of an id, of an array those of a range (``-t 1,3-5``). PbsError if there is none such.

    Waiting and ended tasks of a range are taken as they are; a task that never was is unknown.
    """
    found = find(host, word)
    if not tasks:
        return found
    if not found[0].array:
        raise PbsError(f"Error: job id '{word}' isn't a job array but -t was specified.")
    known = {int(job.index): job for job in found}
    wanted = spans.read(tasks)
    missing = sorted(wanted - set(known))
    if missing and len(wanted) == len(missing):
        raise PbsError(f"Unknown Job Id {found[0].sequence}[{missing[0]}].{host}", errors.UNKNOWN_JOB)
    return [known[number] for number in sorted(wanted & set(known))]


def full(word: str, host: str) -> str:
    """The id a person typed, with the server's name."""
    return word.partition("@")[0] if "." in word else f"{word.partition('@')[0]}.{host}"
