"""The batch script that Slurm keeps for a job: a head for ``mom``, then the job's own script.

Slurm starts it by its first line, so on the WN all of it is read by ``mom``.
"""

from __future__ import annotations

import os

from gridware.pbs import notes, resources
from gridware.pbs.request import Request

PROGRAM = "/usr/lib/icebox-pbs/pbs-mom"
HEAD = "ICEBOX_PBS_HEAD"
"""The variable in which ``mom -I`` finds its head."""
MARKER = "#--- job script ---"
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
PASSED_ON = ("HOME", "HOST", "LANG", "LOGNAME", "MAIL", "PATH", "SHELL", "TZ")
"""Variables of the submission that a job sees as ``PBS_O_…`` (qsub(1B), "Environment Variables")."""
VARIABLE = "env."


class Owner:
    """The account that submits, as the password file has it."""

    def __init__(self, name: str, home: str, shell: str) -> None:
        self.name = name
        self.home = home
        self.shell = shell or "/bin/sh"


def variables(request: Request, owner: Owner, server: str, name: str, work: str) -> dict[str, str]:
    """The fixed variables of a job; what is known only on the WN is set there."""
    place = resources.Placement(request.resources)
    origin = {f"PBS_O_{key}": os.environ[key] for key in PASSED_ON if os.environ.get(key)}
    found = {
        "PATH": DEFAULT_PATH,
        **environment(request),
        "HOME": owner.home,
        "LOGNAME": owner.name,
        "USER": owner.name,
        "SHELL": owner.shell,
        **origin,
        "PBS_O_HOST": os.uname().nodename,
        "PBS_O_SERVER": server,
        "PBS_O_QUEUE": request.queue,
        "PBS_O_WORKDIR": work,
        "PBS_O_INITDIR": request.get("d"),
        "PBS_SERVER": server,
        "PBS_JOBNAME": name,
        "PBS_ENVIRONMENT": "PBS_INTERACTIVE" if request.interactive else "PBS_BATCH",
        "PBS_NODENUM": "0",
        "PBS_VNODENUM": "0",
        "PBS_TASKNUM": "1",
        "PBS_NUM_NODES": str(place.tasks),
        "PBS_NUM_PPN": str(place.width),
        "PBS_NP": str(place.slots),
    }
    return {key: value for key, value in {**found, **chosen(request.get("v"))}.items() if value}


def environment(request: Request) -> dict[str, str]:
    """The caller's environment where ``-V`` asks for it, without what belongs to a job or a shell itself."""
    if not request.flag("V"):
        return {}
    own = ("_", "OLDPWD", "PWD", "SHLVL")
    return {
        key: value
        for key, value in os.environ.items()
        if key.isidentifier() and key not in own and not key.startswith(("SLURM_", "PBS_", "SBATCH_"))
    }


def chosen(text: str) -> dict[str, str]:
    """``-v name=value,name``: values, or the caller's environment. Quotes and backslashes protect commas."""
    items, quote, escaped = [""], "", False
    for char in text:
        if escaped or (quote and char not in (quote, "\\")):
            items[-1] += char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in "\"'":
            quote = "" if quote else char
        elif char == ",":
            items.append("")
        else:
            items[-1] += char
    pairs = (item.strip().partition("=") for item in items if item.strip())
    return {
        key: value if equals else os.environ.get(key, "")
        for key, equals, value in pairs
        if key.isidentifier()
    }


def batch(head: dict[str, str], script: str) -> str:
    """The whole script for sbatch."""
    return "\n".join([f"#!{PROGRAM}", "# Made by qsub.", *lines(head), MARKER, script])


def head(
    request: Request, owner: Owner, fixed: dict[str, str], remembered: dict[str, str], command: str = ""
) -> dict[str, str]:
    """What ``mom`` has to know: qsub's letters, the variables, and the notes of the job's record."""
    return {
        **remembered,
        **{letter: request.get(letter) for letter in "dFw"},
        **{VARIABLE + key: value for key, value in fixed.items()},
        "shell": owner.shell,
        "array": "yes" if request.flag("t") else "",
        "interactive": "yes" if request.interactive else "",
        "command": command,
    }


def lines(head: dict[str, str]) -> list[str]:
    """One line for each thing known; ``of`` reads them."""
    return [f"{key}={notes.escape(value)}" for key, value in head.items() if value]


def of(text: str) -> tuple[dict[str, str], str]:
    """Head and the job's own script of a batch script, or of the head alone."""
    head, _, script = text.partition(f"\n{MARKER}\n")
    pairs = (line.partition("=") for line in head.split("\n") if not line.startswith("#"))
    return {key: notes.unescape(value) for key, _, value in pairs if key}, script
