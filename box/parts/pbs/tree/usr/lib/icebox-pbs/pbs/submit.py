"""From a request to the command line of sbatch or srun."""

from __future__ import annotations

import os
import time

from pbs import notes, paths, resources, server, slurm, times
from pbs.errors import ILLEGAL_ATTRIBUTE, PbsError
from pbs.jobscript import Owner
from pbs.request import Request, begin_fields

DEPENDENCIES = ("after", "afterok", "afternotok", "afterany")


def common(
    request: Request, host: str, name: str, fixed: dict[str, str], words: list[str], owner: Owner
) -> list[str]:
    """Arguments that sbatch and srun share. ``words``: the command line, for ``qstat -f``."""
    found = [
        f"--job-name={name}",
        f"--chdir={request.get('d') or owner.home}",
        f"--comment={notes.write(_notes(request, fixed, words))}",
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
        found.append(f"--dependency={dependency(request.attributes['depend'], host)}")
    return found


def batch(request: Request, name: str, work: str, owner: Owner) -> list[str]:
    """Arguments of sbatch beside the common ones."""
    out, err = paths.outputs(request, name, work, owner.home)
    # sbatch reads #PBS lines itself, in its own way.
    found = ["--parsable", "--ignore-pbs", "--export=NIL", "--input=/dev/null", f"--output={out}"]
    if err != out:
        found.append(f"--error={err}")
    if request.flag("h"):
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


def dependency(text: str, host: str) -> str:
    """``afterok:12.ce:13.ce,afterany:14`` with plain job numbers."""
    found = []
    for item in text.strip("\"'").split(","):
        kind, *ids = item.split(":")
        if kind not in DEPENDENCIES or not ids:
            raise PbsError(f"Invalid request MSG=dependency {kind} is not offered", ILLEGAL_ATTRIBUTE)
        found.append(":".join([kind, *(server.number_of(ident, host)[0] for ident in ids)]))
    return ",".join(found)


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


def _notes(request: Request, fixed: dict[str, str], words: list[str]) -> dict[str, str]:
    shown = {key: value for key, value in fixed.items() if key.startswith("PBS_O_")}
    return {
        **{f"Resource_List.{key}": value for key, value in request.resources.items()},
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


def umask(request: Request) -> None:
    """``-W umask=022``: Slurm gives a job the umask of the process that submits it."""
    if "umask" in request.attributes:
        try:
            os.umask(int(request.attributes["umask"], 8))
        except ValueError:
            raise PbsError("illegal -W value") from None
