"""qalter: change what jobs asked for."""

from __future__ import annotations

import os
import sys
import time

from gridware.pbs import (
    depend,
    errors,
    jobs,
    numbers,
    operate,
    qhold,
    queues,
    request,
    resources,
    submit,
    times,
)
from gridware.pbs.errors import PbsError, UsageError
from gridware.pbs.job import Job
from gridware.pbs.request import Request
from gridware.program import program

USAGE = """usage: qalter [-a date_time] [-A account_string] [-c interval] [-e path]
       [-h hold_list] [-j y|n] [-k keep] [-l resource_list] [-m mail_options]
       [-M user_list] [-N jobname] [-o path] [-p priority] [-q] [-r y|n] [-S path]
       [-t [array_range[%slot_limit]] [-u user_list] [-v variable_list]
       [-W additional_attributes] [-x exec_host] job_identifier...
"""
COMMAND = operate.Command("qalter", USAGE, "q", "aAcehjklLmMNoprSuvWxT")
NOTED = {"j": "Join_Path", "k": "Keep_Files", "S": "Shell_Path_List", "m": "Mail_Points", "M": "Mail_Users"}
"""Options that the WN or qstat reads from the job's notes, and their names there."""
IGNORED = {"c": "checkpoints are not offered", "u": "a job runs as its owner", "x": "Slurm chooses the node"}
WHEN_WAITING = "aANp"
"""Options that can't be changed once the job runs."""


@program
def main(arguments: list[str]) -> int:
    # -t has the slot limit here, which operate's would refuse: it goes by another letter.
    renamed = [f"-T{word[2:]}" if word.startswith("-t") else word for word in arguments]
    return COMMAND.main(renamed, _alter_all)


def _alter_all(host: str, options: dict[str, str], words: list[str]) -> int:
    wanted = Request()
    tasks, _, slots = options.pop("T", "").partition("%")
    holds = options.pop("h", "")
    if holds and set(holds) - set("uosn"):
        raise UsageError("illegal -h value")
    if (tasks and not request.array_request(tasks)) or (slots and not numbers.is_whole(slots)):
        raise UsageError("illegal -t value")
    if "L" in options:
        raise UsageError("The -L attribute cannot be modified after submission")
    for letter, value in options.items():
        wanted.add(letter, value)
    for letter in IGNORED.keys() & options.keys():
        print(f"qalter: warning: -{letter} is ignored: {IGNORED[letter]}", file=sys.stderr)
    for name in [*resources.ignored(wanted.resources), *sorted(set(wanted.attributes) - {"depend"})]:
        print(f"qalter: warning: {name} is ignored: {resources.WHY_IGNORED}", file=sys.stderr)
    return COMMAND.for_each(words, lambda word: _alter(host, word, wanted, tasks, slots, holds))


def _alter(host: str, word: str, wanted: Request, tasks: str, slots: str, holds: str) -> None:
    operate.allowed(jobs.full(word, host), bool(set(holds) & set("os")))
    for job in operate.alive(host, word, {"t": tasks} if tasks else {}):
        try:
            _alter_one(job, wanted)
            if holds:
                _hold(job, holds)
            if slots:
                job.change(f"ArrayTaskThrottle={slots}")
        except PbsError as error:
            raise operate.named(error, job.ident) from error


def _hold(job: Job, holds: str) -> None:
    """``n`` ends the holds that the caller may end."""
    if holds == "n":
        qhold.release(job, "uos" if operate.is_root() else "u")
    else:
        qhold.hold(job, holds)


def _alter_one(job: Job, wanted: Request) -> None:
    waiting = job.state in "QHW"
    fixed = set(wanted.options) & set(WHEN_WAITING) or set(wanted.resources) & set(resources.PLACES)
    if not waiting and (fixed or "depend" in wanted.attributes):
        raise PbsError("Cannot modify attribute while job running ", errors.RUNNING)
    told, updates = _resources(job, wanted, waiting)
    told |= {note: wanted.get(letter) for letter, note in NOTED.items() if wanted.flag(letter)}
    told |= {
        letter: submit.absolute(wanted.get(letter), os.getcwd()) for letter in "oe" if wanted.flag(letter)
    }
    if wanted.flag("v"):
        told["v"] = ",".join(filter(None, [job.notes.get("v", ""), wanted.get("v")]))
    updates += _plain(job, wanted, told)
    if "depend" in wanted.attributes:
        text = wanted.attributes["depend"]
        updates.append(f"Dependency={depend.slurm(text, job.server)}")
        told["depend"] = depend.full(text, job.server)
    if told or updates:
        job.remember(told, *updates)


def _plain(job: Job, wanted: Request, told: dict[str, str]) -> list[str]:
    """What Slurm's record itself holds."""
    updates = []
    if wanted.flag("N"):
        updates.append(f"Name={wanted.get('N')}")
    if wanted.flag("A"):
        updates.append(f"Account={wanted.get('A')}")
    if wanted.flag("a"):
        updates.append(f"StartTime={submit.begin(wanted.get('a'), time.localtime())}")
    if wanted.flag("r"):
        updates.append(f"Requeue={int(wanted.get('r') == 'y')}")
    if wanted.flag("p"):
        told["Priority"] = wanted.get("p")
        nice = max(0, -int(wanted.get("p")))
        if nice != int(job.fields.get("Nice", "0")):
            updates.append(f"Nice={nice}")
    return updates


def _expect_room(job: Job, walltime: int) -> None:
    (queue,) = queues.pick(queues.all_queues(job.server, []), [job.queue])
    if queue.max_seconds and walltime > queue.max_seconds and not operate.is_root():
        raise PbsError(
            "Job exceeds queue resource limits MSG=cannot satisfy queue max walltime requirement",
            errors.EXCEEDS_QUEUE,
        )


def _resources(job: Job, wanted: Request, waiting: bool) -> tuple[dict[str, str], list[str]]:
    """Notes and changes for ``-l``. PbsError where only an operator may: more time for a job that runs."""
    updates = []
    if "walltime" in wanted.resources:
        total = times.seconds(wanted.resources["walltime"])
        if not waiting and total > job.limit_seconds and not operate.is_root():
            raise PbsError("Unauthorized Request ", errors.UNAUTHORIZED)
        _expect_room(job, total)
        updates.append(f"TimeLimit={times.slurm_minutes(total)}")
    if set(wanted.resources) & set(resources.PLACES):
        place = resources.Placement({**resources.noted(job.notes), **wanted.resources})
        if place.hosts or place.features:
            raise PbsError(
                "Invalid request MSG=a job's hosts and features stay as submitted", errors.BAD_VALUE
            )
        updates += [f"NumTasks={place.tasks}", f"CPUsPerTask={place.width}", f"NumCPUs={place.slots}"]
    return {resources.PREFIX + key: value for key, value in wanted.resources.items()}, updates
