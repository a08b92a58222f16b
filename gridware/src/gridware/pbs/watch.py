"""A job while it runs: its signals, its limits, its end."""

from __future__ import annotations

# The module around it imports enum, which takes as long as all else here.
import _signal as signal  # type: ignore[import-not-found]
import os
import time

from gridware.pace import longer
from gridware.pbs import limits, processes, resources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Watched(Protocol):
        """What a job's mom knows of it: ``start`` since 1970 and ``limit`` in seconds."""

        ident: str
        interactive: bool
        resources: dict[str, str]
        start: int
        limit: int

        def refresh(self) -> bool: ...

        def over(self, why: str) -> None: ...


LOOK_SECONDS = 1.0
"""Between two looks at what a job with limits uses; pbs_mom's default is 45."""
KILL_SECONDS = 3.0
"""From SIGTERM to SIGKILL for a job beyond its limits; less than Slurm's KillWait."""
IDLE_SECONDS = 3600.0
PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Signals for the job (``scancel --signal``); at a terminal, its shell gets them by itself."""


class Watch:
    """A job while it runs."""

    def __init__(self, job: Watched, child: int) -> None:
        self.job = job
        self.child = child
        self.session = os.getpid() if job.interactive else child
        forwarded = () if job.interactive else PASSED_ON
        carried = range(processes.CARRIER + 1, signal.SIGRTMAX + 1)
        self.heard = [signal.SIGCHLD, signal.SIGTERM, *forwarded, *carried]
        self.ended_by_us = False
        self.kill_at: float | None = None
        self.used: dict[str, str] = {}
        """Notes of the shell and all that it waited for: CPU time, and the memory of the largest."""

    def status(self) -> int:
        """Wait for the end, and see that limits are kept until then. Negative for a signal."""
        while True:
            got = signal.sigtimedwait(self.heard, self._pause())
            pid, status, used = os.wait4(self.child, os.WNOHANG)
            if pid:
                self.used[f"{resources.USED}cput"] = str(int(used.ru_utime + used.ru_stime))
                self.used[f"{resources.USED}mem"] = f"{used.ru_maxrss}kb"
                break
            if got:
                self._take(got.si_signo)
            self._look()
        self._signal(signal.SIGKILL)  # what the job left behind
        if self.ended_by_us:
            return -int(signal.SIGTERM)
        return os.waitstatus_to_exitcode(status)

    def _take(self, number: int) -> None:
        if number > processes.CARRIER:
            self._signal(number - processes.CARRIER)
        elif number == signal.SIGTERM:
            self._told_to_end()
        elif number != signal.SIGCHLD:
            self._signal(number)

    def _pause(self) -> float:
        """Seconds to the next look."""
        if self.kill_at is not None:
            return max(0.0, self.kill_at - time.monotonic())
        if limits.watched(self.job.resources) and not self.ended_by_us:
            return LOOK_SECONDS
        if not self.job.limit or self.ended_by_us:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.0, self.job.start + self.job.limit + 1 - time.time()))

    def _elapsed(self) -> int:
        return int(time.time()) - self.job.start

    def _told_to_end(self) -> None:
        """SIGTERM: Slurm ends the job, and has told its other processes as well."""
        if not self.ended_by_us and self.job.limit and self._elapsed() >= self.job.limit:
            self._over(f"walltime {self._elapsed()} exceeded limit {self.job.limit}")
        elif self.kill_at is None:
            self.kill_at = time.monotonic() + longer(KILL_SECONDS)

    def _look(self) -> None:
        if self.kill_at is not None:
            if time.monotonic() >= self.kill_at:
                self.kill_at = None
                if self.ended_by_us or self.job.refresh():
                    self._signal(signal.SIGKILL)
            return
        if self.ended_by_us:
            return
        if self.job.limit and self._elapsed() > self.job.limit:
            self.job.refresh()
            if self._elapsed() > self.job.limit:
                self._over(f"walltime {self._elapsed()} exceeded limit {self.job.limit}")
                return
        if limits.watched(self.job.resources):
            why = limits.exceeded(self.job.resources, self._processes())
            if why:
                self._over(why)

    def _over(self, why: str) -> None:
        self.ended_by_us = True
        self.job.over(why)
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        self.kill_at = time.monotonic() + longer(KILL_SECONDS)

    def _processes(self) -> list[processes.Process]:
        return processes.of_job(self.session, self.job.ident)

    def _signal(self, number: int) -> None:
        for process in self._processes():
            try:
                os.kill(process.pid, number)
            except (ProcessLookupError, PermissionError):
                continue
