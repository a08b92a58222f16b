"""Reaching into the namespaces of a process: commands through nsenter, sockets through setns(2)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.command import TIMED_OUT, CommandResult, announce, of_signal
from harness.dom0.place import PATIENCE
from harness.errors import HarnessError

CLONE_NEWNET = 0x40000000
KILLED = 5.0
"""Seconds until a process is gone that was killed; milliseconds on an idle machine."""
T = TypeVar("T")


def in_network_of(pid: int, action: Callable[[], T]) -> T:
    """Call ``action`` in a thread that has joined the network namespace of ``pid``.

    Network namespaces belong to threads, so nothing else of this process is moved; a socket made there
    stays there and can be used from anywhere.
    """
    box: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"can't join the network of process {pid}")
            finally:
                os.close(handle)
            box.append(action())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, name=f"in-network-of-{pid}")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return box[0]


@dataclass(frozen=True)
class Namespace:
    """The place made by the namespaces and the root directory of process ``pid``."""

    name: str
    pid: int

    def prefix(self) -> list[str]:
        """The nsenter words that put a command there."""
        # Root and working directory, too: to enter a mount namespace leaves the chroot icebox may run in.
        return ["nsenter", "-t", str(self.pid), "-n", "-m", "-p", "-u", "-r", "-w", "--"]

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        line = command if isinstance(command, str) else shlex.join(command)
        started = time.monotonic()
        code, out, err = _finished(self.prefix() + words, stdin.encode(), timeout)
        # nsenter ends by the signal that ended what it started.
        killed = signal.Signals(-code).name.removeprefix("SIG") if code < 0 else ""
        return announce(
            CommandResult(
                line,
                self.name,
                of_signal(killed) if killed else code,
                out.decode(errors="replace"),
                err.decode(errors="replace"),
                time.monotonic() - started,
                signal=killed,
            )
        )

    def open_socket(self, host: str, port: int, timeout: float = 10.0) -> socket.socket:
        return in_network_of(self.pid, lambda: socket.create_connection((host, port), timeout))

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        script = 't=$(mktemp "$1.XXXXXX") && cat >"$t" && chmod "$2" "$t" && mv "$t" "$1"'
        words = ["sh", "-c", script, "put", path, f"{mode:o}"]
        code, _, err = _finished(self.prefix() + words, content, PATIENCE)
        if code:
            raise HarnessError(
                f"can't write {path}", where=self.name, why=err.decode(errors="replace").strip()
            )


def _finished(words: Sequence[str], stdin: bytes, seconds: float) -> tuple[int, bytes, bytes]:
    """Exit code and output of a command, which leaves nothing that runs when it is too slow or interrupted.

    It has a process group of its own: nsenter's death alone would not end what it started.
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


def detach(words: Sequence[str], log: str) -> None:
    """Start a process in a session of its own that is nobody's child; output to the file ``log``."""
    script = 'exec </dev/null >>"$0" 2>&1; setsid "$@" &'
    subprocess.run(["sh", "-c", script, log, *words], check=True)
