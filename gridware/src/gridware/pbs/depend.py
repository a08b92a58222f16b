"""``-W depend=…`` (qsub(1B)): which jobs this one waits for, and which wait for it.

Slurm knows the ``after`` kinds; an array's number there means all of its tasks. A ``before`` kind is an
``after`` of the other job, which waits for it held, with ``on:COUNT``.
"""

from __future__ import annotations

from gridware.pbs import jobs, numbers, server
from gridware.pbs.errors import BAD_DEPENDENCY, PbsError, UsageError
from gridware.pbs.job import Job

AFTER = {"after": "after", "afterok": "afterok", "afternotok": "afternotok", "afterany": "afterany"}
AFTER_ARRAY = {
    "afterstartarray": "after",
    "afterokarray": "afterok",
    "afternotokarray": "afternotok",
    "afteranyarray": "afterany",
}
BEFORE = {"before": "after", "beforeok": "afterok", "beforenotok": "afternotok", "beforeany": "afterany"}
BEFORE_ARRAY = {
    "beforestartarray": "after",
    "beforeokarray": "afterok",
    "beforenotokarray": "afternotok",
    "beforeanyarray": "afterany",
}
TOGETHER = ("synccount", "syncwith")


def terms(text: str) -> list[tuple[str, list[str]]]:
    """``afterok:12:13,on:2`` as kinds with what they name. UsageError for anything else."""
    found = []
    for item in filter(None, text.strip("\"'").split(",")):
        kind, *ids = item.strip().split(":")
        if kind in TOGETHER:
            raise PbsError(
                f"Invalid Job Dependency MSG={kind} is not offered: jobs here start one by one",
                BAD_DEPENDENCY,
            )
        known = kind == "on" or any(kind in kinds for kinds in (AFTER, AFTER_ARRAY, BEFORE, BEFORE_ARRAY))
        if not known or not all(ids) or (kind == "on" and not (len(ids) == 1 and numbers.is_whole(ids[0]))):
            raise UsageError("illegal -W value")
        if ids:  # a kind alone clears what qalter finds
            found.append((kind, ids))
    return found


def slurm(text: str, host: str) -> str:
    """The waiting that Slurm does: ``afterok:12:13,afterany:14``."""
    found = []
    for kind, ids in terms(text):
        word = AFTER.get(kind) or AFTER_ARRAY.get(kind)
        if word:
            found.append(":".join([word, *(_slurm_id(ident, host, kind in AFTER_ARRAY) for ident in ids)]))
    return ",".join(found)


def _slurm_id(ident: str, host: str, array: bool) -> str:
    """``12`` or ``12_3``; ``12[][3]``, a count of an array's tasks, is refused."""
    if array and ident.count("[") > 1:
        raise PbsError(
            f"Invalid Job Dependency MSG={ident}: waiting for a part of an array is not offered",
            BAD_DEPENDENCY,
        )
    number, index = server.number_of(ident, host)
    return f"{number}_{index}" if index else number


def awaited(text: str) -> int:
    """How many jobs have to name this one: ``on:COUNT``."""
    return sum(int(ids[0]) for kind, ids in terms(text) if kind == "on")


def full(text: str, host: str) -> str:
    """As ``qstat -f`` shows it: every id with its server."""
    return ",".join(
        ":".join([kind, *(ids if kind == "on" else (jobs.full(ident, host) for ident in ids))])
        for kind, ids in terms(text)
    )


def before(text: str, host: str) -> list[tuple[str, Job]]:
    """What waits for this job, with the kind of Slurm's waiting. PbsError if one does not await it."""
    found = []
    for kind, ids in terms(text):
        word = BEFORE.get(kind) or BEFORE_ARRAY.get(kind)
        for ident in ids if word else ():
            job = jobs.one(host, ident)
            if not job.waits:
                raise PbsError(
                    f"Invalid Job Dependency MSG={job.ident} does not wait for it: submit that job with "
                    "-W depend=on:COUNT",
                    BAD_DEPENDENCY,
                )
            found.append((word or "", job))
    return found


def tell(waiting: list[tuple[str, Job]], number: str) -> None:
    """Make jobs wait for job ``number``, and let those go that waited for no more to name them."""
    for word, job in waiting:
        left = job.waits["on"] - 1
        old = job.fields.get("Dependency", "(null)").replace("(null)", "")
        plain = [part.partition("(")[0] for part in old.split(",") if part]
        term = f"{word}:{number}.{job.server}"
        shown = ",".join(filter(None, [job.notes.get("after", ""), term]))
        job.remember(
            {"on": str(left) if left else "", "after": shown, "depend": shown},
            f"Dependency={','.join([*plain, f'{word}:{number}'])}",
        )
        if not left and job.notes.get("Hold_Types", "n") == "n":
            job.release()
