"""From a request to the command line of sbatch or srun."""

from __future__ import annotations

import os
import time

from gridware.pbs import depend, jobscript, notes, resources, slurm, times
from gridware.pbs.errors import PbsError
from gridware.pbs.jobscript import Owner
from gridware.pbs.request import Request, begin_fields


def common(request: Request, host: str, name: str, remembered: dict[str, str], owner: Owner) -> list[str]:
    """Arguments that sbatch and srun share. ``remembered``: the notes for the job's record."""
    found = [
        f"--job-name={name}",
        f"--chdir={owner.home}",
        f"--comment={notes.write(remembered)}",
        *_placement(request, host).arguments(),
    ]
    if request.queue:
        found.append(f"--partition={request.queue}")
    if "walltime" in request.resources:
        found.append(f"--time={times.slurm_minutes(times.seconds(request.resources['walltime']))}")
    if request.flag("A"):
        found.append(f"--account={request.get('A')}")
    if request.flag("a"):
        found.append(f"--begin={begin(request.get('a'), time.localtime())}")
    if request.flag("n"):
        found.append("--exclusive")
    if (
        int(request.get("p", "0")) < 0
    ):  # above 0 Slurm takes from operators only, and queues are first come first served
        found.append(f"--nice={-int(request.get('p'))}")
    if "depend" in request.attributes:
        wanted = depend.slurm(request.attributes["depend"], host)
        if wanted:
            found.append(f"--dependency={wanted}")
    return found


def batch(request: Request) -> list[str]:
    """Arguments of sbatch beside the common ones."""
    # sbatch reads #PBS lines itself, in its own way. Output goes where the job's own mom sends it.
    found = ["--parsable", "--ignore-pbs", "--export=NIL", "--input=/dev/null", "--output=/dev/null"]
    if request.flag("h") or depend.awaited(request.attributes.get("depend", "")):
        found.append("--hold")
    if request.flag("t"):
        found.append(f"--array={request.get('t')}")
    if request.attributes.get("block", "").lower() == "true":
        found.append("--wait")
    found.append("--no-requeue" if request.get("r") == "n" else "--requeue")
    return found


def begin(text: str, now: time.struct_time) -> str:
    """The moment of ``-a`` for Slurm.

    What is not given is taken from now; a moment that has passed means the next day (hhmm), month (DD) or
    year (MM), as qsub(1B) has it.
    """
    digits, seconds = begin_fields(text) or ("0000", "00")
    given = [digits[-4:-2], digits[-2:]]
    day, month, year = digits[-6:-4], digits[-8:-6], digits[:-8]
    if len(year) == 2:
        year = str(now.tm_year)[:2] + year
    fields = [
        int(year or now.tm_year),
        int(month or now.tm_mon),
        int(day or now.tm_mday),
        *map(int, given),
        int(seconds),
    ]
    step = 2 if not day else 1 if not month else 0 if not year else None
    moment = _moment(fields)
    if step is not None and moment < time.mktime(now):
        fields[step] += 1
        moment = _moment(fields)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(moment))


def _moment(fields: list[int]) -> float:
    return time.mktime((fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], 0, 0, -1))


def _placement(request: Request, host: str) -> resources.Placement:
    """In ``nodes=fast:ppn=2`` a word may be a node's name or a feature; only the server knows."""
    place = resources.Placement(request.resources)
    if place.hosts:
        names = slurm.run(host, "sinfo", "-h", "-N", "-o", "%N").out.split()
        place.features += [word for word in place.hosts if word.partition(".")[0] not in names]
        place.hosts = [word for word in place.hosts if word.partition(".")[0] in names]
    return place


def remembered(
    request: Request, host: str, fixed: dict[str, str], words: list[str], work: str
) -> dict[str, str]:
    """What goes into the job's record, for ``qstat -f``, qalter and the WN. ``words``: the command line."""
    own = jobscript.environment(request) | jobscript.chosen(request.get("v"))
    shown = {key: value for key, value in fixed.items() if key.startswith("PBS_O_")} | own
    waits = depend.awaited(request.attributes.get("depend", ""))
    return {
        "o": absolute(request.get("o"), work),
        "e": absolute(request.get("e"), work),
        "depend": depend.full(request.attributes.get("depend", ""), host),
        "on": str(waits) if waits else "",
        **{resources.PREFIX + key: value for key, value in request.resources.items()},
        "Join_Path": request.get("j"),
        "Keep_Files": request.get("k"),
        "Mail_Points": request.get("m"),
        "Mail_Users": request.get("M"),
        "Priority": request.get("p"),
        "Shell_Path_List": request.get("S"),
        "interactive": "True" if request.interactive else "",
        "Variable_List": ",".join(f"{key}={value}" for key, value in shown.items()),
        "submit_args": " ".join(words),
    }


def absolute(path: str, work: str) -> str:
    """An output path of the caller's directory; a host or a variable at its start stays what it is."""
    return os.path.join(work, path) if path and path[0] not in "/$~" and ":" not in path else path


def umask(request: Request) -> None:
    """``-W umask=022``: Slurm gives a job the umask of the process that submits it."""
    if "umask" in request.attributes:
        try:
            os.umask(int(request.attributes["umask"], 8))
        except (ValueError, OverflowError):
            raise PbsError("illegal -W value") from None
