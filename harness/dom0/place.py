"""A place: somewhere commands run, sockets open and files are put.  Dom0, outside and nodes are such."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from harness.command import TIMED_OUT, CommandResult, announce, of_signal
from harness.dom0 import relay, talk
from harness.dom0.program import packed
from harness.dom0.talk import Answer, Target
from harness.errors import HarnessError

Ended = tuple[int, bytes, bytes]
"""Exit code, standard output and standard error of a command."""
PATIENCE = 120.0
"""Seconds a command may take unless its caller knows better; generous, since machines are busy.

As all seconds that a place is given, they are those of a usual machine (``Place.pace``)."""
PYTHON = "/usr/bin/python3"
"""Debian's, as for ``icebox`` itself: the first one in PATH may be a shell script that looks for another."""
KILLED = 5.0
"""Seconds until a process is gone that was killed; milliseconds on an idle machine."""
_PUT = 't=$(mktemp "$1.XXXXXX") && cat >"$t" && chmod "$2" "$t" && mv "$t" "$1"'


class Place(ABC):
    """Somewhere commands run; all that its kind has to say is ``words``.  It has Debian's Python 3."""

    name: str
    """Whose words they are, in messages and in evidence."""

    @abstractmethod
    def words(self, command: Sequence[str]) -> list[str]:
        """What this machine runs to have ``command`` run there; streams and exit code go through."""

    def bounded(self, command: Sequence[str], seconds: float) -> list[str]:  # noqa: ARG002
        """The command as it is to be ended there, where ending it here does not reach it."""
        return list(command)

    def judged(self, ended: Ended) -> Ended:
        """How a command ended; a place may know of ends that are none of the command's own, and raise."""
        return ended

    @property
    def pace(self) -> float:
        """By which factor it is slower than deadlines reckon with, being emulated; 1 for a usual machine
        (``harness/dom0/pace.py``)."""
        return 1.0

    def longer(self, seconds: float) -> float:
        """So many seconds of a usual machine, as this place needs them: how each deadline there is made."""
        return seconds * self.pace

    def finish(self, command: Sequence[str], stdin: bytes, seconds: float) -> Ended:
        """How a command ended that is the harness' own doing."""
        return self.ended(command, stdin, self.longer(seconds))

    def ended(self, command: Sequence[str], stdin: bytes, seconds: float) -> Ended:
        """The same in so many seconds, however slow the place is."""
        return self.judged(_finished(self.words(self.bounded(command, seconds)), stdin, seconds))

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        """Run a shell line (text) or an argument vector; never raises for its exit code."""
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        line = command if isinstance(command, str) else shlex.join(command)
        return announce(self._ran(line, words, stdin, timeout))

    def tell(self, program: Path, *words: str, stdin: str = "", timeout: float = PATIENCE) -> str:
        """Run a Python program, of which the file lies here, and return what it prints.

        It is the harness's own doing and no evidence.  Raises CommandError.
        """
        line = f"python3 {program.name} {shlex.join(words)}"
        return self._ran(line, self.python(program, *words), stdin, timeout).check().stdout

    def quietly(self, *words: str, timeout: float = PATIENCE) -> str:
        """The same of a command, as the harness' own doing."""
        return self._ran(shlex.join(words), words, "", timeout).check().stdout

    @staticmethod
    def python(program: Path, *words: str) -> list[str]:
        """The command that is a Python program, of which the file lies here; it goes through any shell."""
        # base64 itself loads re, which takes longer than Python to start.
        unpack = f"import binascii, zlib; exec(zlib.decompress(binascii.a2b_base64('{packed(program)}')))"
        return [PYTHON, "-I", "-S", "-c", unpack, *words]

    def _ran(self, line: str, words: Sequence[str], stdin: str, timeout: float) -> CommandResult:
        started = time.monotonic()
        code, out, err = self.finish(words, stdin.encode(), timeout)
        killed = signal.Signals(-code).name.removeprefix("SIG") if code < 0 else ""
        return CommandResult(
            line,
            self.name,
            of_signal(killed) if killed else code,
            out.decode(errors="replace"),
            err.decode(errors="replace"),
            time.monotonic() - started,
            signal=killed,
        )

    def open_socket(self, host: str, port: int, timeout: float = 10.0) -> socket.socket:
        """Connect by TCP from there; ``host`` is an address.  Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            words, end = self.connection(host, port, seconds=timeout, greets=True), theirs.fileno()
            child = subprocess.Popen(words, stdin=end, stdout=end, stderr=subprocess.DEVNULL)
        threading.Thread(target=child.wait, name=f"connection-{port}", daemon=True).start()
        ours.settimeout(self.longer(timeout + relay.STARTING))
        try:
            relay.expect_greeting(ours)
        except relay.UngreetedError as error:
            ours.close()
            self.judged((child.wait(), b"", str(error).encode()))
            raise
        except OSError:
            ours.close()
            raise
        ours.settimeout(self.longer(timeout))
        return ours

    def speak(
        self, targets: Sequence[Target], *, each: float, until: float = 0.0, pace: float = 1.0
    ) -> list[Answer]:
        """Speak with services from there (``harness/dom0/talk.py``), in 2 ``each`` + ``until`` at most.

        ``pace`` is that of the machines that they are on, where it is not the place's.
        """
        slower = max(pace, self.pace)
        return self._spoken(targets, each * slower, until * slower, talk.CONNECTING * slower)

    def _spoken(
        self, targets: Sequence[Target], each: float, until: float, connecting: float
    ) -> list[Answer]:
        words = (json.dumps(targets), str(each), str(until), str(connecting))
        # These are this place's seconds already; what is told has those of a usual machine.
        told = self.tell(Path(talk.__file__), *words, timeout=(2 * each + until) / self.pace + PATIENCE)
        return [Answer(*json.loads(line)) for line in told.splitlines()]

    def connection(self, host: str, port: int, *, seconds: float = 20.0, greets: bool = False) -> list[str]:
        """What this machine runs to have a TCP connection from there as a program's standard streams."""
        words = [host, str(port), str(self.longer(seconds)), *(["greet"] if greets else [])]
        return self.words(self.python(Path(relay.__file__), *words))

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file there, replacing it in one step; raises HarnessError."""
        code, _, err = self.finish(["sh", "-c", _PUT, "put", path, f"{mode:o}"], content, PATIENCE)
        if code:
            raise HarnessError(
                f"can't write {path}", where=self.name, why=err.decode(errors="replace").strip()
            )


def _finished(words: Sequence[str], stdin: bytes, seconds: float) -> Ended:
    """Exit code and output of a command, which leaves nothing that runs when it is too slow or interrupted.

    It has a process group of its own: the death of what reaches the place would not end what it started.
    """
    child = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
    )
    try:
        out, err = child.communicate(stdin, seconds)
    except subprocess.TimeoutExpired as late:
        _end(child)
        told = f"\nended after {seconds:g} s\n".encode()
        return TIMED_OUT, late.output or b"", (late.stderr or b"") + told
    except BaseException:
        _end(child)
        raise
    return child.returncode, out, err


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    # What is stuck in the kernel ends when that lets it, and holds the streams until then.
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(KILLED)
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
