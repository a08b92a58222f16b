"""Another machine, reached by OpenSSH's client: commands, sockets and files over one lasting connection.

Every command is a session of that connection (``ControlMaster`` of ssh_config(5)).  Where the other sshd
allows no further one (``MaxSessions``), the client makes a connection of its own for it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import process
from harness.command import TIMED_OUT
from harness.deadline import Deadline, wait_for
from harness.dom0 import pace as speed
from harness.dom0.place import PYTHON, Ended, Place
from harness.errors import HarnessError, LostError, UnreachableError, WaitError

CONFIG = "ICEBOX_SSH_CONFIG"
"""Names a file that ssh reads instead of root's own (``ssh -F``)."""
CONNECTING = 15
"""Seconds for a connection."""
ALIVE, MISSED = 5, 3
"""Seconds between two signs of life that are asked for, and how many may be missed.

ssh(1) gives each answer of a handshake as long as all of these together."""
ABSENT = ("connect to host", "resolve hostname")
"""What ssh(1) says of a machine to which there was no connection at all."""
SLOW = "it takes the connection, and its sshd has not let us in within the time"
ANSWER = 60.0
"""Seconds for ``id`` there; it takes 0.1 on an idle machine."""
LOST = 255
"""What ssh(1) ends with when the connection does; a command may, too, and is marked then."""
MARK = b"\x1eicebox: its own exit code\x1e"
"""On standard error behind what a command wrote that itself ended with 255."""
OWN_END = f"\"$@\"; c=$?; [ $c -ne {LOST} ] || printf '{MARK.decode()}' >&2; exit $c"
CLIENT = '#!/bin/sh\nexec {client} "$@"\n'
"""What libvirt takes for ssh."""
ENDING = 5
"""Seconds beyond its time until that machine ends a command that nobody here waits for any more."""


@dataclass
class _Line:
    """The lasting connection; ``said`` is what ssh wrote, once it has ended."""

    control: Path
    child: subprocess.Popen[bytes] | None = None
    said: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def hold(self, words: Sequence[str]) -> None:
        """Run it.  The thread lives as long as ssh does, since that is killed with whatever began it."""
        dying = ["setpriv", "--pdeathsig", "KILL", *words]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        with contextlib.suppress(FileNotFoundError):
            self.child = subprocess.Popen(dying, **streams)  # type: ignore[call-overload]
            self.said = self.child.communicate()[1].decode(errors="replace")
        self.over.set()

    def end(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.over.wait(CONNECTING)
        self.control.unlink(missing_ok=True)


class SshHost(Place):
    """Root of a machine, by the word that root of this one types behind ``ssh``.

    With a ``directory`` of this process's own kind, sockets there lead to one connection that all share;
    without, each command has its own.
    """

    def __init__(
        self,
        destination: str,
        directory: Path | None = None,
        config: str | None = None,
        pace: float | None = None,
    ) -> None:
        """``pace`` is its own, if that is known; else it is measured before its first command."""
        self.name = self.destination = destination
        self._pace, self._way = pace, 1.0
        self._config = configured() if config is None else config
        self._directory = directory
        self._lock, self._measuring = threading.Lock(), threading.Lock()
        self._line: _Line | None = None

    def words(self, command: Sequence[str]) -> list[str]:
        """Raises UnreachableError."""
        return [*self._client(), *self._shared(), self.destination, _line_of(command)]

    def bounded(self, command: Sequence[str], seconds: float) -> list[str]:
        # Nothing tells a command there that ssh was killed here, or that the connection is lost.
        return ["timeout", "-k", "1", f"{seconds + ENDING:g}", *command]

    def judged(self, ended: Ended) -> Ended:
        """Raises LostError for a command of which nobody knows how it ended."""
        code, out, err = ended
        if code == LOST and MARK not in err:
            raise LostError(
                "the connection was lost while a command ran",
                where=self.destination,
                why=err.decode(errors="replace").strip() or "ssh says no more",
                remedy="run it again: the connection is taken up anew, and what ran there goes on",
            )
        if code == TIMED_OUT and b"ended after" not in err:
            err += b"\nended by that machine, whose time for it was over\n"
        return code, out, err.replace(MARK, b"")

    @property
    def pace(self) -> float:
        """Raises LostError or UnreachableError if it can't be measured."""
        with self._measuring:
            if self._pace is None:
                self._pace = self._measured()
                if self._pace > 1.0:
                    # The connection was made before anybody knew, and would be given up too soon.
                    self.close()
            return self._pace

    def _measured(self) -> float:
        begun = Deadline(min(CONNECTING, ALIVE * MISSED))
        try:
            return speed.measured(self) or 1.0
        except (LostError, UnreachableError) as error:
            # Of a handshake that takes too long ssh may say nothing.
            if not begun.expired or any(each in error.why for each in ABSENT):
                raise
        # Something is there, and nobody knows yet how long it may take.
        self._way = speed.MOST
        try:
            return speed.measured(self) or 1.0
        finally:
            self._way = 1.0

    def check(self) -> None:
        """Raises UnreachableError unless root and Python are there."""
        try:
            asked = self.run(f"id -u && test -x {PYTHON}", timeout=ANSWER)
        except LostError as lost:
            raise unreachable(self.destination, lost.why) from None
        if asked.stdout.strip() != "0":
            who = asked.stdout.strip() or asked.output.strip()
            raise UnreachableError(
                "ssh leads to an account there that is not root's",
                where=self.destination,
                why=f"`id -u` says {who!r}; a box makes namespaces, mounts and control groups",
                remedy="name root@… as the host, and let root in by a key",
            )
        if not asked.ok:
            raise UnreachableError(
                f"that machine has no {PYTHON}",
                where=self.destination,
                remedy="`apt-get install python3` there",
            )

    def connect(self) -> None:
        """Take the lasting connection up, unless it stands; raises UnreachableError."""
        with self._lock:
            if self._line is None or self._line.over.is_set():
                self._line = self._connected()

    def libvirt_uri(self, driver: str, directory: Path, **options: str) -> str:
        """Where libvirt of that machine is reached by its own way over ssh, through this connection.

        What libvirt takes for ssh is made in ``directory``, from which programs can be run.  ``options`` are
        those of libvirt's "Remote URIs"; they say which daemon there is meant, if not the machine's own.
        """
        client = directory / f"ssh.{self._mark}"
        if not client.exists():
            sweep(directory)
            client.write_text(CLIENT.format(client=shlex.join([*self._client(), *self._shared()])))
            client.chmod(0o700)
            weakref.finalize(self, client.unlink, missing_ok=True)
        words = "&".join(f"{name}={value}" for name, value in {"command": str(client), **options}.items())
        return f"{driver}+ssh://{self.destination}/system?{words}"

    @property
    def _mark(self) -> str:
        """No other connection of this machine has it; its process is to be seen in it."""
        return f"{os.getpid()}.{id(self):x}"

    def close(self) -> None:
        """End the lasting connection; it is taken up again when a command asks for it."""
        with self._lock:
            if self._line is not None:
                self._line.end()
            self._line = None

    def _usually(self, seconds: float) -> float:
        """``longer``, on the way there, which is gone before anything can be measured."""
        return seconds * (self._pace or self._way)

    def _client(self) -> list[str]:
        config = self._config
        alive = (f"ServerAliveInterval={ALIVE}", f"ServerAliveCountMax={self._usually(MISSED):.0f}")
        options = (
            "BatchMode=yes",
            f"ConnectTimeout={self._usually(CONNECTING):.0f}",
            "ControlMaster=no",
            "LogLevel=ERROR",
            *alive,
        )
        # The first that is said counts: these before what the configuration has.
        return ["ssh", *(["-F", config] if config else []), *(w for each in options for w in ("-o", each))]

    def _shared(self) -> list[str]:
        if self._directory is None:
            return ["-o", "ControlPath=none"]
        self.connect()
        assert self._line is not None
        # It would say of each session that is refused that it makes a connection instead.
        return ["-o", f"ControlPath={self._line.control}", "-q"]

    def _connected(self) -> _Line:
        assert self._directory is not None
        sweep(self._directory)
        line = _Line(self._directory / f"ssh.{self._mark}")
        line.control.unlink(missing_ok=True)
        words = self._client()
        words[words.index("ControlMaster=no")] = "ControlMaster=yes"
        words += ["-o", f"ControlPath={line.control}", "-o", "ControlPersist=no", "-N", self.destination]
        threading.Thread(target=line.hold, args=(words,), name=f"ssh-{self.destination}", daemon=True).start()
        weakref.finalize(self, line.end)
        try:
            wait_for(
                f"a connection to {self.destination}",
                lambda: line.over.is_set() or line.control.exists(),
                self._usually(CONNECTING * 2.0),
                pause=0.01,
            )
        except WaitError:
            line.end()
            raise unreachable(self.destination, SLOW) from None
        if line.over.is_set():
            raise unreachable(self.destination, line.said or "there is no program ssh here")
        return line


def configured() -> str:
    """The file that ssh is to read; empty for root's own.  A box keeps the one that it was made by."""
    return os.environ.get(CONFIG, "")


def _line_of(command: Sequence[str]) -> str:
    return shlex.join(["sh", "-c", OWN_END, "icebox", *command])


def sweep(directory: Path) -> None:
    """Remove sockets, and clients, of processes that were killed."""
    for path in directory.glob("ssh.*"):
        number = path.name.split(".")[1]
        if number.isdecimal() and not process.started(int(number)):
            path.unlink(missing_ok=True)


def unreachable(host: str, said: str) -> HarnessError:
    """What ssh's last words mean to whoever typed the host's name."""
    told = said.lower()
    why = (said.strip().splitlines() or ["ssh says nothing"])[-1].strip()
    if "identification has changed" in told:
        return UnreachableError(
            "its host key is another one than this machine knows",
            where=host,
            why="it was installed anew, or something else answers in its place",
            remedy=f"ask its owner; if it was, `ssh-keygen -R {_bare(host)}`, and once `ssh {host}` by hand",
        )
    if "host key verification failed" in told or "host key is known" in told:
        return UnreachableError(
            "its host key is not known to this machine",
            where=host,
            why=why,
            remedy=f"`ssh {host}` by hand once, as root, and compare the key that it shows",
        )
    if "permission denied" in told or "too many authentication" in told:
        return UnreachableError(
            "it refuses the key",
            where=host,
            why=why,
            remedy=f"`ssh-copy-id {host}` as root, until `ssh {host}` asks for no password",
        )
    return UnreachableError(
        "it can't be reached",
        where=host,
        why=why,
        remedy=f"`ssh {host}` has to work as root; name, port and key can stand in ~/.ssh/config",
    )


def _bare(host: str) -> str:
    return host.rpartition("@")[2]
