"""Running the installers: apt-get, pip, npm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessError, HostError

NO_NETWORK = (
    "temporary failure resolving",
    "temporary failure in name resolution",
    "name or service not known",
    "could not resolve",
    "network is unreachable",
    "failed to establish a new connection",
    "could not connect to",
    "unable to connect to",
    "connection timed out",
    "eai_again",
    "enotfound",
    "econnrefused",
    "enetunreach",
    "etimedout",
)
LOCKED = ("could not get lock", "unable to lock", "unable to acquire the dpkg", "lock was locked by another")
"""What apt-get and dpkg say of a lock that another one took in the last moment."""
BIND = ("setpriv", "--pdeathsig", "TERM", "--")
"""Before an installer: it is ended if icebox is killed, so that none goes on unseen and holds the lock."""
NOT_TRUSTED = (
    "certificate_verify_failed",
    "certificate verify failed",
    "certificate verification failed",
    "self_signed_cert_in_chain",
    "unable_to_get_issuer_cert",
    "unable_to_verify_leaf_signature",
)
NO_SPACE = ("no space left on device", "enospc", "you don't have enough free space")
LAST_LINES = 8
PATIENCE = 30.0
"""Seconds that a stopped installer has to clean up, apt-get and dpkg above all."""


class Shell:
    """Runs installers, one log file each, and can stop all that are running.

    They inherit ``kept_open``, the descriptor of the set-up's lock: if icebox is killed, so are they, and the
    next one waits until the last of them and of what they started has ended.  ``note`` tells the person.
    """

    def __init__(
        self, logs: Path, *, kept_open: int | None = None, note: Callable[[str], None] = lambda _: None
    ) -> None:
        self.logs, self.note = logs, note
        self._kept_open = () if kept_open is None else (kept_open,)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._begun: dict[str, int] = {}

    def run(
        self,
        step: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Run ``argv``, its output added to the log of ``step``.

        HostError if it failed for want of network or space, also if an earlier command of the step said so
        (apt-get update only warns), HarnessError with its last lines otherwise.
        """
        log = self.logs / f"setup-{step}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            here = output.tell()
            start = self._begun.setdefault(step, here)
            output.write(f"$ {' '.join(argv)}\n".encode())
            output.flush()
            code = self._wait(self._start(argv, output.fileno(), env, cwd))
        if code:
            content = log.read_bytes()
            _raise_if_locked(argv, content[here:].decode(errors="replace"), log)
            raise failure(argv, code, content[start:].decode(errors="replace"), log)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def stop(self) -> None:
        """End every installer that runs, and start no other."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            # Its whole group: pip compiles, npm and apt-get have children.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in running:
            # npm may swallow the first SIGTERM (its rollback listens for it), and then waits for its network.
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _start(
        self, argv: Sequence[str], output: int, env: Mapping[str, str] | None, cwd: Path | None
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise HarnessError("the set-up was stopped")
            if shutil.which(argv[0]) is None:
                raise HarnessError(f"can't run {argv[0]}", why="there is no such program")
            try:
                process = subprocess.Popen(
                    [*BIND, *argv],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(env or {})},
                    cwd=cwd,
                    pass_fds=self._kept_open,
                    # Ctrl-C is for icebox, which then stops them in order.
                    start_new_session=True,
                )
            except OSError as error:
                raise HarnessError(f"can't run {argv[0]}", why=str(error)) from error
            self._running.add(process)
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)


class LockedError(HostError):
    """Another program holds a lock of apt or dpkg."""


def _raise_if_locked(argv: Sequence[str], said: str, log: Path) -> None:
    if line := _first_with(LOCKED, said.splitlines()[1:]):
        raise LockedError(
            f"{os.path.basename(argv[0])} waits for another program that installs packages",
            where=log.stem,
            why=line,
            remedy="let it end, or end it, then run the same command again",
        )


def failure(argv: Sequence[str], code: int, said: str, log: Path) -> HostError | HarnessError:
    """The error to raise for a command that ended with ``code`` after it had said ``said``."""
    lines = [line for line in said.splitlines()[1:] if line.strip()]
    if line := _first_with(NO_SPACE, lines):
        return HostError(
            "no space left on the disk",
            where=log.stem,
            why=line,
            remedy="free some space and run the same command again; it goes on where it stopped",
        )
    if line := _first_with(NO_NETWORK, lines):
        return HostError(
            "can't reach a package registry",
            where=log.stem,
            why=line,
            remedy="check this machine's network and proxy settings, then run the same command again",
        )
    if line := _first_with(NOT_TRUSTED, lines):
        return HostError(
            "this machine does not trust a package registry's certificate",
            where=log.stem,
            why=line,
            remedy="check the clock; behind a proxy of your own, add its CA (update-ca-certificates(8))",
        )
    return HarnessError(
        f"{os.path.basename(argv[0])} ended with {code}",
        where=log.stem,
        why="\n       ".join(["its last lines:", *lines[-LAST_LINES:]]),
        remedy=f"the whole output is in {log}",
    )


def _first_with(signs: Sequence[str], lines: Sequence[str]) -> str:
    return next((line.strip() for line in lines if any(sign in line.lower() for sign in signs)), "")
