"""A JDL is tried in a process of its own before the broker takes it.

The ClassAd library is C++: a JDL on which it crashes, or never ends, must not take the broker along. To
load it all takes longer than to try: so this module stays for a while as a process, with a child for each
trial.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from gridware.jdl import functions
from gridware.pace import longer
from gridware.wms.broker import compound, deadline, retries, wrapper
from gridware.wms.broker.job import Job
from gridware.wms.broker.settings import Settings
from gridware.wms.data import Data, wanted
from gridware.wms.matching import match, parse
from gridware.wms.resources import Resource

IDLE = 60.0
"""Seconds without a trial after which the process ends: it takes 11 MB."""
_ENDING = 0.1
"""Seconds from its last word to its end."""
_SECONDS = 20
_CPU_SECONDS = 10
_MEMORY = 1 << 30
_CHUNK = 1 << 16
_FINE = b"fine\n"


class TrialError(Exception):
    """A JDL that can't be used; the text says why."""


class Trials:
    """The process that has the children; started when it is first needed, and again if it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._way = socket.socket(socket.AF_UNIX)

    def check(self, jdls: Sequence[str]) -> None:
        """Raises TrialError for the first of these JDLs that can't be used."""
        question = json.dumps(list(jdls)).encode()
        verdict = self._ask(question)
        if not verdict and self._ended():
            # Not the JDL has ended it: nothing of a trial reaches beyond its child.
            verdict = self._ask(question)
        if verdict != _FINE:
            raise TrialError(verdict.decode(errors="replace") or "the JDL can't be evaluated")

    @property
    def up(self) -> bool:
        return self._helper is not None and self._helper.poll() is None

    def _ended(self) -> bool:
        """Has it ended, or is it about to?"""
        with suppress(subprocess.TimeoutExpired):
            return self._helper is None or self._helper.wait(_ENDING) is not None
        return False

    def close(self) -> None:
        """It ends once nobody can ask any more."""
        self._way.close()
        if self._helper is not None:
            self._helper.wait()

    def _ask(self, question: bytes) -> bytes:
        """What a child says; nothing if it has died."""
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                self._hand_over(theirs)
            mine.settimeout(longer(_SECONDS))
            try:
                mine.sendall(question)
                mine.shutdown(socket.SHUT_WR)
                return _all(mine)
            except TimeoutError:
                raise TrialError("the JDL can't be evaluated in reasonable time") from None
            except OSError:
                return b""

    def _hand_over(self, end: socket.socket) -> None:
        with self._lock:
            if not self.up:
                self._start()
            # If it has died just now, whoever waits for the answer gets none.
            with suppress(OSError):
                socket.send_fds(self._way, [b"?"], [end.fileno()])

    def _start(self) -> None:
        self._way.close()
        self._way, its = socket.socketpair()
        with its:
            self._helper = subprocess.Popen([sys.executable, "-I", "-m", __name__], stdin=its.fileno())


def problem(jdl: str) -> str:
    """Do with a JDL all that the broker will do with it.

    Functions are judged by their names: whether one is called may depend on the resource, which is none yet.
    """
    if name := functions.stranger(jdl):
        return f"{name} is no function that a JDL can call"
    job = Job("https://x:9000/y", "", "", [], "", jdl, [], "", "", "", 0, 0)
    anything = Resource("x:2119/jobmanager-x-x", {"GlueCEStateStatus": "Production"}, ("VO:",))
    try:
        ad = parse(jdl)
        match(jdl, [anything], "", (), Data(dict.fromkeys(wanted(ad), ("sfn://x/y",))))
        wrapper.rsl(job, wrapper.spec(job, wrapper.BrokerAddress("x", 1), anything))
        deadline.over(job)
        compound.dependencies(jdl)
        retries.limits(job, Settings("x", 1, "x", (), ()))
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def serve(way: socket.socket) -> None:
    """A child for each connection that is handed over; returns once there are none for IDLE seconds."""
    way.settimeout(IDLE)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What any trial needs is worked out once, and never collected: else each child would copy it.
    problem("[]")
    gc.freeze()
    while True:
        try:
            _word, files, _flags, _address = socket.recv_fds(way, 1, 1)
        except TimeoutError:
            return
        if not files:  # the broker has ended
            return
        with socket.socket(fileno=files[0]) as asker:
            if os.fork() == 0:
                _try(asker)


def _try(asker: socket.socket) -> None:
    """A child's life: without the library's own good-byes at its end."""
    try:
        most = int(longer(_CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(int(longer(_SECONDS)))
        text = next(filter(None, map(problem, json.loads(_all(asker)))), "")
        asker.sendall(text.encode() or _FINE)
    finally:
        os._exit(0)


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(_CHUNK), b""))


if __name__ == "__main__":
    serve(socket.socket(fileno=sys.stdin.fileno()))
