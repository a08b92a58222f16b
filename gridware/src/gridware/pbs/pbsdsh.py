"""pbsdsh: run a program on the slots of the job that calls it (pbsdsh(1B)), through ``srun``."""

from __future__ import annotations

import os

from gridware.pbs import getopt, numbers, slurm
from gridware.pbs.errors import PbsError, UsageError, guarded
from gridware.program import program

USAGE = """usage: pbsdsh [-c copies] [-o] [-s] [-u] [-v] program [args]
       pbsdsh [-n nodenumber] [-o] [-s] [-u] [-v] program [args]
       pbsdsh [-h hostname] [-o] [-v] program [args]
"""
SLOTS = "PBSDSH_SLOTS"
# A slot's number is known only where its task starts; PBS_TASKNUM 1 is the job's own script.
TASK = f"""i=$SLURM_PROCID
for n in ${SLOTS}; do [ "$i" -eq 0 ] && break; i=$((i - 1)); done
unset {SLOTS}
export PBS_VNODENUM=$n PBS_NODENUM=$SLURM_NODEID PBS_TASKNUM=$((n + 2))
exec "$@"
"""


@program
def main(arguments: list[str]) -> int:
    return guarded("pbsdsh", USAGE, lambda: _run(arguments))


def _run(arguments: list[str]) -> int:
    found, program = getopt.parse(arguments, "osuv", "cnh", permute=False)
    options = dict(found)
    if not program:
        raise UsageError
    slots = _chosen(options, _slots())
    groups = [[slot] for slot in slots] if "s" in options else [slots]
    return max(_spawn(group, program) for group in groups)


def _slots() -> list[tuple[int, str]]:
    """The slots of the job around this process: number and WN."""
    try:
        with open(os.environ["PBS_NODEFILE"], encoding="utf-8") as file:
            return list(enumerate(file.read().split()))
    except (KeyError, OSError):
        raise PbsError("this is no PBS job: PBS_NODEFILE leads to no file") from None


def _chosen(options: dict[str, str], slots: list[tuple[int, str]]) -> list[tuple[int, str]]:
    for letter in "cn":
        if letter in options and not numbers.is_whole(options[letter]):
            raise UsageError(f"-{letter} needs a number, not {options[letter]!r}")
    if "u" in options:
        slots = [slot for slot in slots if slot == next(each for each in slots if each[1] == slot[1])]
    if "h" in options:
        name = options["h"].partition(".")[0]
        slots = [slot for slot in slots if slot[1].partition(".")[0] == name][:1]
    if "n" in options:
        slots = [slot for slot in slots if slot[0] == int(options["n"])]
    if "c" in options:
        slots = slots[: int(options["c"])]
    if not slots:
        raise PbsError("the job has no such slot: cat $PBS_NODEFILE lists those it has")
    return slots


def _spawn(slots: list[tuple[int, str]], program: list[str]) -> int:
    """Start a program once for each slot, in the job's first directory; the highest exit code."""
    hosts = os.memfd_create("hosts", 0)
    os.write(hosts, "".join(f"{host}\n" for _, host in slots).encode())
    given = {
        **os.environ,
        "SLURM_HOSTFILE": f"/proc/self/fd/{hosts}",
        SLOTS: " ".join(str(number) for number, _ in slots),
    }
    start = os.environ.get("PBS_O_INITDIR") or os.environ.get("HOME", "/")
    words = ["srun", "--quiet", "--overlap", "--export=ALL", "--input=none", "--distribution=arbitrary"]
    words += ["--cpus-per-task=1"]  # of a job with ppn=2, srun would give each task two
    words += [f"--chdir={start}", f"--ntasks={len(slots)}", "/bin/sh", "-c", TASK, "pbsdsh", *program]
    pid = os.posix_spawn(f"{slurm.BIN}/srun", words, given)
    os.close(hosts)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code
