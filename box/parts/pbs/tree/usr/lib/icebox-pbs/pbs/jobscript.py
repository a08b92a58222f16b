"""The batch script that Slurm runs on a WN: what pbs_mom did around a job, then the job's own script."""

from __future__ import annotations

import os

from pbs import resources
from pbs.request import Request

MARKER = "#--- job script ---"
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
PASSED_ON = ("HOME", "HOST", "LANG", "LOGNAME", "MAIL", "PATH", "SHELL", "TZ")
"""Variables of the submission that a job sees as ``PBS_O_…`` (qsub(1B), "Environment Variables")."""
LOGIN_SHELLS = ("sh", "bash", "dash", "ksh", "zsh")

# One line per slot, as pbs_mom lists them: SLURM_JOB_CPUS_PER_NODE is 2(x3),1 for the nodes in their order.
NODEFILE = r"""
scontrol show hostnames "$SLURM_JOB_NODELIST" | awk -v cpus="$SLURM_JOB_CPUS_PER_NODE" '
    BEGIN {
        groups = split(cpus, group, ",")
        for (g = 1; g <= groups; g++) {
            times = 1
            if (match(group[g], /\(x[0-9]+\)/)) times = substr(group[g], RSTART + 2, RLENGTH - 3)
            for (t = 0; t < times; t++) slots[++node] = group[g] + 0
        }
    }
    { for (s = 0; s < slots[NR]; s++) print }' > "$PBS_NODEFILE"
"""
# pbs_mom kept script and node file in its spool; ours is a directory of the job. A deleted job gets SIGTERM
# in all of its processes: this shell then only waits for the job's own end and clears up.
SPOOL = r"""
spool=$(mktemp -d "${TMPDIR:-/tmp}/$PBS_JOBID.XXXXXX") || exit 254
trap 'rm -rf "$spool"' EXIT
trap : HUP INT TERM
export PBS_NODEFILE="$spool/nodes"
"""
# Said by the WN itself, so that it never comes after the shell's first prompt.
READY = r"""printf 'qsub: job %s ready\n\n' "$PBS_JOBID" """


class Owner:
    """The account that submits, as the password file has it."""

    def __init__(self, name: str, home: str, shell: str) -> None:
        self.name = name
        self.home = home
        self.shell = shell or "/bin/sh"


def variables(request: Request, owner: Owner, server: str, name: str, work: str) -> dict[str, str]:
    """The fixed variables of a job; what is known only on the WN is set by the script."""
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


def batch(request: Request, owner: Owner, fixed: dict[str, str], script: str) -> str:
    """The whole script for sbatch."""
    return "\n".join(
        [
            "#!/bin/sh",
            "# Made by qsub: does what pbs_mom did, then runs the job script at the end.",
            *setup(request, fixed),
            f"""sed '1,/^{MARKER}$/d' "$0" > "$spool/script" && chmod 700 "$spool/script" || exit 254""",
            f"{_shell(request, owner)} </dev/null",
            "exit $?",
            MARKER,
            script,
        ]
    )


def interactive(request: Request, owner: Owner, fixed: dict[str, str], command: str) -> str:
    """The script of ``qsub -I`` for ``srun --pty``: a login shell, or the command of ``-x``."""
    shell = f"{quote(_shell_path(request, owner))} -l" + (f" -c {quote(command)}" if command else "")
    return "\n".join([*setup(request, fixed), READY, shell, "exit $?"])


def setup(request: Request, fixed: dict[str, str]) -> list[str]:
    """Variables, node file, limits and initial directory."""
    job = "${SLURM_ARRAY_JOB_ID}[$SLURM_ARRAY_TASK_ID]" if request.flag("t") else "$SLURM_JOB_ID"
    lines = [f"export {key}={quote(value)}" for key, value in fixed.items()]
    lines.append(
        f'export PBS_QUEUE="$SLURM_JOB_PARTITION" PBS_JOBID="{job}.$PBS_SERVER" PBS_JOBCOOKIE="$SLURM_JOB_ID"'
    )
    if request.flag("t"):
        lines.append('export PBS_ARRAYID="$SLURM_ARRAY_TASK_ID"')
    lines.append('export PBS_WALLTIME="$((SLURM_JOB_END_TIME - SLURM_JOB_START_TIME))"')
    return [*lines, SPOOL, NODEFILE, *resources.limits(request.resources)]


def quote(text: str) -> str:
    """A word for sh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _shell(request: Request, owner: Owner) -> str:
    """How the job script is started: by name from a login shell, so that profiles and a ``#!`` line count.

    Torque did the same: pbs_mom gives the script's name to the shell's standard input.
    """
    path = _shell_path(request, owner)
    arguments = request.get("F")
    if path.rpartition("/")[2] in LOGIN_SHELLS:
        return f"""{quote(path)} -l -c 'exec "$0" "$@"' "$spool/script" {arguments}""".rstrip()
    return f'{quote(path)} "$spool/script" {arguments}'.rstrip()


def _shell_path(request: Request, owner: Owner) -> str:
    """``-S path[@host][,path[@host]…]``: the entry without a host, else the first."""
    entries = [entry.partition("@") for entry in request.get("S").split(",") if entry]
    plain = [path for path, at, _ in entries if not at]
    return (plain or [path for path, _, _ in entries] or [owner.shell])[0]
