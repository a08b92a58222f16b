"""What pbs_mom did around a job on its WN: variables, node file, output files, limits; and the job's end.

Slurm starts it with the batch script (``mom FILE``) or, for ``qsub -I``, with a head alone (``mom -I``), in a
variable.
The job's own script runs below it in a session of its own, which is what limits count and what ends together.
"""

from __future__ import annotations

# The module around it imports enum, which takes as long as all else here.
import _signal as signal  # type: ignore[import-not-found]
import os
import resource
import stat
import sys
import time

from gridware.pbs import jobs, jobscript, limits, paths, resources
from gridware.pbs.directives import split
from gridware.pbs.errors import PbsError
from gridware.pbs.job import Job
from gridware.pbs.spool import Spool
from gridware.pbs.watch import Watch
from gridware.program import program

LOGIN_SHELLS = ("sh", "bash", "dash", "ksh", "zsh")
FAILED = 254
"""Exit status of a job that could not be started."""
TOLD_SECONDS = 5.0
"""A job that ran so long has what it used in its record."""
READY = "qsub: job {} ready\n\n"


@program
def main(arguments: list[str]) -> int:
    """Run a job and end as it ended: with its exit code, or by the same signal."""
    # What Slurm or qsig send to the job is not for this process; it takes SIGTERM and SIGCHLD when it looks.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    if arguments[0] == "-I":
        if os.environ.get("SLURM_PROCID", "0") != "0":
            os._exit(0)  # srun starts one for each slot; the session is the first one's
        head, script = jobscript.of(os.environ.pop(jobscript.HEAD))
    else:
        with open(arguments[0], encoding="utf-8", errors="surrogateescape", newline="") as file:
            head, script = jobscript.of(file.read())
    job = Mom(head, script, dict(os.environ), mask)
    status = job.run()
    if status >= 0:
        os._exit(status)
    return _die(-status)


def _die(number: int) -> int:
    """End by a signal, so that the exit status tells it, without a core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os._exit(128 + number)


class Mom:
    """One job on its (first) WN."""

    def __init__(self, head: dict[str, str], script: str, given: dict[str, str], mask: set[int]) -> None:
        self.script = script
        self.mask = mask
        self.number = given.get("SLURM_JOB_ID", "0")
        self.server = head.get("env.PBS_SERVER", "")
        # What qalter has changed stands in the job's record.
        self.record = self._record()
        self.asked = {**head, **(self.record.notes if self.record else {})}
        self.resources = resources.noted(self.asked)
        self.index = given.get("SLURM_ARRAY_TASK_ID", "") if head.get("array") else ""
        self.sequence = given.get("SLURM_ARRAY_JOB_ID", self.number) if self.index else self.number
        array = f"[{self.index}]" if self.index else ""
        self.ident = f"{self.sequence}{array}.{self.server}"
        self.interactive = bool(head.get("interactive"))
        self.start = int(given.get("SLURM_JOB_START_TIME") or time.time())
        self.limit = self._limit(int(given.get("SLURM_JOB_END_TIME") or 0) - self.start)
        self.variables = {**given, **self._variables(head, given)}
        self.spool = Spool()
        self.undelivered: list[str] = []

    def _record(self) -> Job | None:
        """None if the server does not answer: then the job runs as it was submitted."""
        try:
            return jobs.of_slurm(self.server, self.number)
        except PbsError:
            return None

    def _limit(self, slurm_limit: int) -> int:
        """Seconds of walltime, 0 if there is no limit."""
        return limits.seconds(self.resources, "walltime") or max(0, slurm_limit)

    def _variables(self, head: dict[str, str], given: dict[str, str]) -> dict[str, str]:
        name = jobscript.VARIABLE
        found = {key.removeprefix(name): value for key, value in head.items() if key.startswith(name)}
        found |= jobscript.chosen(self.asked.get("v", ""))
        found["PBS_QUEUE"] = given.get("SLURM_JOB_PARTITION", "")
        found["PBS_JOBID"], found["PBS_JOBCOOKIE"] = self.ident, self.number
        found["PBS_WALLTIME"] = str(self.limit)
        if self.record:
            found["PBS_JOBNAME"] = self.record.name
        self.name = found.get("PBS_JOBNAME", "")
        if self.index:
            found["PBS_ARRAYID"] = self.index
            found["PBS_JOBNAME"] = f"{self.name}-{self.index}"
        if self.asked.get("w"):
            found["PBS_O_WORKDIR"] = paths.expand(self.asked["w"], found)
        return found

    def run(self) -> int:
        """The job's exit status: negative for a signal."""
        if not self.interactive:
            self._open_outputs()
        try:
            self.variables["PBS_NODEFILE"] = self.spool.make(self.ident, self.variables, self.script)
            directory = self._directory()
            child = self._start(directory)
        except OSError as error:
            self._say(f"PBS: the job can't be started: {error.strerror}: {error.filename}")
            self.spool.remove()
            return FAILED
        watch = Watch(self, child)
        try:
            status = watch.status()
            self._tell_use(watch)
            return status
        finally:
            for line in self.undelivered:
                self._say(line)
            self.spool.remove()

    def _directory(self) -> str:
        """Where the job starts: ``-d``, else its home."""
        home = self.variables.get("HOME", "/")
        directory = paths.expand(self.asked.get("d", ""), self.variables)
        return os.path.join(self.variables.get("PBS_O_WORKDIR", home), directory) if directory else home

    def _open_outputs(self) -> None:
        """Both streams go to their files from here on. What can't be written goes to the home."""
        out, err = paths.outputs(self.asked, self.variables, self.name, self.sequence, self.index)
        opened = [self._open(out, "o")]
        opened.append(opened[0] if err == out else self._open(err, "e"))
        for stream, descriptor in enumerate(opened, start=1):
            os.dup2(descriptor, stream)
        if self.undelivered and self.record:
            self._remember({"undelivered": " ".join(self.undelivered)})

    def _open(self, path: str, letter: str) -> int:
        home = self.variables.get("HOME", "/")
        try:
            descriptor = _open(path)
            made = os.fstat(descriptor)
            if stat.S_ISREG(made.st_mode) and made.st_dev != os.stat(home).st_dev:
                where = f"PBS: output file {path} is on {os.uname().nodename}"
                self.undelivered.append(f"{where}: CE and WNs share their homes alone")
            return descriptor
        except OSError as error:
            end = f"{self.sequence}-{self.index}" if self.index else self.sequence
            home = os.path.join(home, f"{self.name}.{letter}{end}")
            why = f"PBS: output file {path} can't be written ({error.strerror})"
            try:
                descriptor = _open(home)
                self.undelivered.append(f"{why}: the output is in {home}")
            except OSError:
                descriptor = os.open("/dev/null", os.O_WRONLY)
                self.undelivered.append(f"{why}, nor can {home}: the output is lost")
            return descriptor

    def _remember(self, more: dict[str, str]) -> None:
        """Put something into the job's record, for qstat."""
        assert self.record
        try:
            self.record.remember(more)
        except PbsError:
            return  # the job's end tells it as well

    def _tell_use(self, watch: Watch) -> None:
        """What a job used that ran for a while; of a shorter one the news would cost as much as the job."""
        if self.record and time.time() - self.start >= TOLD_SECONDS:
            self.record = self._record() or self.record  # qalter may have written there meanwhile
            self._remember(watch.used)

    def _start(self, directory: str) -> int:
        """The process id of the job's shell."""
        if self.interactive:
            print(READY.format(self.ident), end="", flush=True)
        sys.stdout.flush()
        child = os.fork()
        if child:
            return child
        try:
            self._become(directory)
        except OSError as error:
            self._say(f"PBS: {error.filename}: {error.strerror}: the job can't be started")
        except ValueError as error:
            self._say(f"PBS: the job can't be started: {error}")
        finally:
            os._exit(FAILED)

    def _become(self, directory: str) -> None:
        """In the child: the job's shell."""
        if not self.interactive:
            os.setsid()
            source = os.open("/dev/null", os.O_RDONLY)
            os.dup2(source, 0)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and so would the job
            signal.signal(number, signal.SIG_DFL)
        os.chdir(directory)
        words = self._command()
        signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)
        limits.set_own(self.resources)
        os.execve(words[0], words, self.variables)

    def _command(self) -> list[str]:
        """By name from a login shell, so that profiles and a ``#!`` line count.

        Torque did the same: pbs_mom gives the script's name to the shell's standard input.
        """
        shell = _shell(self.asked.get("Shell_Path_List", "")) or self.asked.get("shell", "/bin/sh")
        if self.interactive:
            command = self.asked.get("command", "")
            return [shell, "-l", *(("-c", command) if command else ())]
        script, arguments = self.spool.script, self.asked.get("F", "")
        if shell.rpartition("/")[2] in LOGIN_SHELLS:
            return [shell, "-l", "-c", f'exec "$0" {arguments}'.rstrip(), script]
        return [shell, script, *split(arguments)]

    def _say(self, text: str) -> None:
        """A line for the job's standard error; who can't be told isn't."""
        try:
            os.write(2, f"{text}\n".encode(errors="surrogateescape"))
        except OSError:
            return

    def over(self, why: str) -> None:
        self._say(f"{chr(13) if self.interactive else ''}=>> PBS: job killed: {why}")

    def refresh(self) -> bool:
        """Look at the record again: qalter may have changed the walltime. Whether Slurm ends the job."""
        record = self._record()
        if record is None:
            return False
        self.resources = resources.noted({**self.asked, **record.notes})
        self.limit = self._limit(self.limit)
        # A job that was suspended has not used that time.
        self.start = max(self.start, int(time.time()) - record.wall_seconds)
        return not record.running


def _open(path: str) -> int:
    """A file for output; one that would hang (a pipe without a reader) is an error."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NONBLOCK, 0o666)
    os.set_blocking(descriptor, True)
    return descriptor


def _shell(text: str) -> str:
    """``-S path[@host][,path[@host]…]``: the entry without a host, else the first."""
    entries = [entry.partition("@") for entry in text.split(",") if entry]
    plain = [path for path, at, _ in entries if not at]
    return (plain or [path for path, _, _ in entries] or [""])[0]
