"""A shell on a node: commands over one lasting SSH connection that both Fabric and testinfra share."""

from __future__ import annotations

import base64
import contextlib
import logging
import shlex
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.command import CommandResult, announce
from harness.deadline import within
from harness.dom0.place import PATIENCE
from harness.errors import CheckFailed, HarnessError, LostError, SilentError

if TYPE_CHECKING:
    # Loaded once there is a connection: many commands have none, and it takes a third of their time.
    import fabric
    import paramiko
    import testinfra.host

    from harness.access.channel import Said, SignalTransport

# What becomes of a connection our own errors say; with no handler its thread's tracebacks go to the console.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

T = TypeVar("T")
LOGIN = "look at what a login rests on, on the UI: sshd, shell, home (UI-1), and room (`df -h /home /tmp`)"
"""What to do where a student can't do the simplest thing: that is the box's fault, and not the harness'."""
CONNECTING = 30.0
"""Seconds for one SSH handshake; a busy machine takes its time."""
KEYS = 15.0
"""Seconds of these for the exchange of keys, as paramiko has it."""
_KEPT_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 30_000}
"""tcp(7): a node that vanished without a word is missed after half a minute, not a quarter of an hour."""


@dataclass(frozen=True)
class Account:
    """Who logs in: user name and private key (OpenSSH format)."""

    user: str
    key: Path


@dataclass
class Shell:
    """An account on a node.

    ``dial`` opens a TCP socket to the node's sshd from wherever that is possible.  ``host_key`` is the
    public key the node must show (``ssh-ed25519 AAAA…``).
    """

    name: str
    account: Account
    dial: Callable[[], socket.socket]
    host_key: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables sent with every command; sshd takes those of its AcceptEnv (X509_USER_*)."""
    _client: paramiko.SSHClient | None = None
    _left: list[paramiko.SSHClient] = field(default_factory=list)
    """Connections that no further command goes by."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    pace: float = field(default=1.0, kw_only=True)
    """By which factor the node is slower than deadlines reckon with; all that are given are those of a usual
    machine."""

    def longer(self, seconds: float) -> float:
        """So many seconds of a usual machine, as this node needs them."""
        return seconds * self.pace

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        """Run a line in the account's login shell; an argument vector is quoted first.

        A command that a signal killed has a result like any other.  Raises ShellError if the node lets nobody
        in, and LostError if only this connection was lost: then nobody knows what became of the command.
        One that was lost before that had begun is taken up again, once.
        """
        from harness.access.channel import ConnectionLost, NotBegun

        line = command if isinstance(command, str) else shlex.join(command)
        started = time.monotonic()
        told = (line, stdin.encode(), self.longer(timeout))
        used = self.transport
        try:
            try:
                said = self._converse(used, *told)
            except NotBegun:  # as when sshd is started again after the last command; a new connection tells
                self._leave(used)
                used = self.transport
                said = self._converse(used, *told)
        except ConnectionLost as lost:
            raise self._lost(f"`{line}` ran", lost, used) from None
        texts = (said.stdout.decode(errors="replace"), said.stderr.decode(errors="replace"))
        seconds = time.monotonic() - started
        return announce(CommandResult(line, self._who, said.code, *texts, seconds, signal=said.signal))

    def _converse(self, used: paramiko.Transport, line: str, stdin: bytes, seconds: float) -> Said:
        from harness.access.channel import converse

        # To log in has a time of its own, and takes none of the command's.
        return converse(used, line, stdin, self.environment, time.monotonic() + seconds)

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file, replacing it in one step."""

        def write(sftp: paramiko.SFTPClient) -> None:
            partial = f"{path}.icebox-partial"
            with sftp.open(partial, "wb") as file:
                file.chmod(mode)
                file.write(content)
            sftp.posix_rename(partial, path)

        self._by_sftp(f"{path} was written", write)

    def get(self, path: str) -> bytes:
        """Content of a file."""

        def read(sftp: paramiko.SFTPClient) -> bytes:
            with sftp.open(path, "rb") as file:
                return bytes(file.read())

        return self._by_sftp(f"{path} was read", read)

    def _by_sftp(self, doing: str, action: Callable[[paramiko.SFTPClient], T]) -> T:
        import paramiko

        transport = self.transport

        def act() -> T:
            with transport.open_sftp_client() as sftp:
                return action(sftp)

        try:
            return within(self.longer(PATIENCE), f"the moment when {doing}", act, where=self._who)
        except (SilentError, EOFError, paramiko.SSHException) as error:
            raise self._lost(doing, error, transport) from None

    @property
    def _who(self) -> str:
        return self.name if self.account.user == "root" else f"{self.account.user}@{self.name}"

    def _lost(self, doing: str, cause: Exception, used: paramiko.Transport) -> HarnessError | ShellError:
        """What a lost connection means: whether the node lets anybody in now tells whose fault it is."""
        import paramiko

        if not isinstance(cause.__cause__, paramiko.ChannelException):
            # That one is about a further session alone; others may use the connection.
            self._leave(used)
        why = str(cause) or type(cause).__name__
        try:
            _ = self.transport
        except ShellError as error:
            error.what = f"was lost while {doing}, and {error.what}"
            error.why = f"{why}; then {error.why}"
            return error
        return LostError(
            f"the connection was lost while {doing}",
            where=self._who,
            why=f"{why}; the node lets {self.account.user} in again",
            remedy="run it again; look at `journalctl -u ssh` on the node, if it happens once more",
        )

    @property
    def transport(self) -> paramiko.Transport:
        """The connection, opened when first needed and again when it was lost."""
        with self._lock:
            live = self._client.get_transport() if self._client else None
            if live is None or not live.is_active():
                self._client = self._connect()
                live = self._client.get_transport()
            assert live is not None
            return live

    @property
    def connection(self) -> fabric.Connection:
        """A Fabric connection over the same SSH connection."""
        # Of the processes that have a shell, few have a use for this, and it takes long to load.
        import fabric

        transport = self.transport
        made = fabric.Connection(self.name, user=self.account.user)
        made.client, made.transport = self._client, transport
        return made

    @cached_property
    def host(self) -> testinfra.host.Host:
        """A testinfra host over the same SSH connection."""
        import testinfra.host

        from harness.access.backend import ShellBackend

        return testinfra.host.Host(ShellBackend(self.name, self.run))

    def with_environment(self, **variables: str) -> Shell:
        """The same account with further variables, over a connection of its own."""
        environment = {**self.environment, **variables}
        return Shell(self.name, self.account, self.dial, self.host_key, environment, pace=self.pace)

    def close(self) -> None:
        with self._lock:
            for each in (*self._left, self._client):
                if each is not None:
                    each.close()
            self._client = None
            self._left.clear()

    def _leave(self, lost: paramiko.Transport) -> None:
        """Have the next command open another connection, if no thread has yet.

        This one may be slow alone: whose commands run by it goes on with it.
        """
        with self._lock:
            if self._client is not None and self._client.get_transport() is lost:
                self._left.append(self._client)
                self._client = None

    def _connect(self) -> paramiko.SSHClient:
        import paramiko

        client, seconds = paramiko.SSHClient(), self.longer(CONNECTING)
        kind, data = self.host_key.split()[:2]
        public = paramiko.PKey.from_type_string(kind, base64.b64decode(data))
        client.get_host_keys().add(self.name, kind, public)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            client.connect(
                self.name,
                username=self.account.user,
                key_filename=str(self.account.key),
                sock=_prompt(self.dial()),
                look_for_keys=False,
                allow_agent=False,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                transport_factory=partial(_transport, self.longer(KEYS)),
            )
        except (OSError, EOFError, paramiko.SSHException) as error:
            client.close()
            raise ShellError(
                f"can't log in as {self.account.user}",
                where=self.name,
                why=f"{type(error).__name__}: {error}",
                remedy="look at the node with ./icebox console, or its sshd's log",
            ) from None
        return client


class ShellError(CheckFailed):
    """A node does not let its users in: the box is broken, not the harness."""


def _transport(keys: float, connection: Any, **options: Any) -> SignalTransport:
    from harness.access.channel import SignalTransport

    made = SignalTransport(connection, **options)
    made.handshake_timeout = keys
    return made


def _prompt(connection: socket.socket) -> socket.socket:
    """``connection``, sending small packets at once: each would else wait 40 ms for an acknowledgement.

    Its other end is asked for signs of life.
    """
    # A test's may be of another family.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEPT_ALIVE.items():
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection
