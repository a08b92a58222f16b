"""``qsub -I``: a terminal on a WN through ``srun --pty``.

srun alone makes the job, so the job ends with it however the terminal goes away; an allocation of salloc's
would outlive a killed qsub. (salloc also wants a controlling terminal of its own.) srun's messages go through
a pipe and are told in Torque's words; the session itself goes from srun straight to the terminal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator

from gridware.pbs import slurm
from gridware.pbs.errors import PbsError
from gridware.pbs.jobscript import HEAD, PROGRAM

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def run(server: str, arguments: list[str], head: str) -> int:
    """Run the session; the exit code is 0 once it took place, as in Torque. PbsError for a refused job."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise PbsError("standard input and output must be a terminal for interactive job submission")
    # Everybody on CE and WN sees a command's arguments; its environment is its owner's alone.
    command = ["srun", "-v", "--pty", f"--export={HEAD},TERM", *arguments, PROGRAM, "-I"]
    session = Session(server)
    source, end = os.pipe()
    environment = {**slurm.ENVIRONMENT, "TERM": os.environ.get("TERM", "dumb"), HEAD: head}
    pid = os.posix_spawn(
        f"{slurm.BIN}/srun", command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, end, 2)]
    )
    os.close(end)
    _leave_signals_to(pid)
    for line in _lines(source, pid):
        session.hear(line)
    os.waitpid(pid, 0)
    return session.end()


def _lines(source: int, pid: int) -> Iterator[str]:
    """srun's messages until it ends. Ends it when the terminal is gone: under ``su -c`` no SIGHUP tells."""
    watch = select.poll()
    watch.register(source, select.POLLIN)
    watch.register(sys.stdin, 0)  # only hang-ups: the input is srun's
    rest = b""
    while True:
        ready = dict(watch.poll())
        if sys.stdin.fileno() in ready:
            watch.unregister(sys.stdin)
            os.kill(pid, signal.SIGTERM)
        if source in ready:
            data = os.read(source, 4096)
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
            if not data:
                return


class Session:
    """What srun has said so far."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.job = ""
        self.started = False
        self.errors: list[str] = []

    def hear(self, line: str) -> None:
        """Take one line of srun's (or of the WN's slurmstepd, which also comes this way)."""
        words = line.split()
        if not self.job and line.startswith(("srun: job ", "srun: jobid ")):
            self.job = f"{words[2].rstrip(':')}.{self.server}"
            print(f"qsub: waiting for job {self.job} to start", flush=True)
        elif line.startswith("srun: launching"):
            self.started = True
        elif line.startswith("srun: error:"):
            self.errors.append(line)

    def end(self) -> int:
        """Say how it ended. Once the session took place, srun's errors only repeat the shell's exit code."""
        if self.started:
            print(f"qsub: job {self.job} completed")
            return 0
        text = "\n".join(self.errors)
        if self.job and not text:
            print(f"qsub: Job {self.job} is being deleted")
            return 1
        slurm.reachable(self.server, text)
        raise slurm.refusal(text)


def _leave_signals_to(pid: int) -> None:
    """Ctrl-C reaches srun as well, which knows what to do; other ends are passed on to it."""
    signal.signal(signal.SIGINT, lambda *_: None)
    for number in FORWARDED:
        signal.signal(number, lambda got, _frame: os.kill(pid, got))
