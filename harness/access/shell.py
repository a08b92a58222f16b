"""A shell on a node: commands over one lasting SSH connection that both Fabric and testinfra share."""

from __future__ import annotations

import base64
import io
import shlex
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import fabric
import paramiko
import testinfra.host

from harness.access.backend import ShellBackend
from harness.command import CommandResult, announce
from harness.deadline import GLANCE, Hope
from harness.dom0.namespace import TIMED_OUT
from harness.dom0.place import PATIENCE
from harness.errors import CheckFailed

LOGIN = "students must be able to log in and work on the UI: its sshd, their shell, home and disk (UI-1)"
"""What to do where a student can't do the simplest thing: that is the box's fault, and not the harness'."""
CONNECTING = 30.0
"""Seconds for one SSH handshake; a busy machine takes its time."""
CHUNK = 65536


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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        """Run a line in the account's login shell; an argument vector is quoted first."""
        line = command if isinstance(command, str) else shlex.join(command)
        started = time.monotonic()
        code, out, err = _converse(self.transport, line, stdin.encode(), self.environment, started + timeout)
        where = self.name if self.account.user == "root" else f"{self.account.user}@{self.name}"
        texts = (out.decode(errors="replace"), err.decode(errors="replace"))
        return announce(CommandResult(line, where, code, *texts, time.monotonic() - started))

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file, replacing it in one step."""
        with self.transport.open_sftp_client() as sftp:
            partial = f"{path}.icebox-partial"
            with sftp.open(partial, "wb") as file:
                file.chmod(mode)
                file.write(content)
            sftp.posix_rename(partial, path)

    def get(self, path: str) -> bytes:
        """Content of a file."""
        with self.transport.open_sftp_client() as sftp, sftp.open(path, "rb") as file:
            return file.read()

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
        transport = self.transport
        made = fabric.Connection(self.name, user=self.account.user)
        made.client, made.transport = self._client, transport
        return made

    @cached_property
    def host(self) -> testinfra.host.Host:
        """A testinfra host over the same SSH connection."""
        return testinfra.host.Host(ShellBackend(self))

    def with_environment(self, **variables: str) -> Shell:
        """The same account with further variables, over a connection of its own."""
        return Shell(self.name, self.account, self.dial, self.host_key, {**self.environment, **variables})

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connect(self) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
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
                timeout=CONNECTING,
                banner_timeout=CONNECTING,
                auth_timeout=CONNECTING,
            )
        except (OSError, paramiko.SSHException) as error:
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


def _prompt(connection: socket.socket) -> socket.socket:
    """``connection``, sending small packets at once: each would else wait 40 ms for an acknowledgement."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _converse(
    transport: paramiko.Transport, line: str, stdin: bytes, environment: Mapping[str, str], end: float
) -> tuple[int, bytes, bytes]:
    """Run ``line``, feed it, and gather both its streams until it ends or the clock passes ``end``."""
    channel = transport.open_session(timeout=max(0.1, end - time.monotonic()))
    try:
        if environment:
            channel.update_environment(dict(environment))
        channel.exec_command(line)
        errors, left = io.BytesIO(), threading.Event()

        def alone() -> str:
            return "the other stream was left" if left.is_set() else ""

        listener = threading.Thread(target=_drain, args=(channel.recv_stderr, channel, errors, end, alone))
        listener.start()
        if stdin:
            channel.settimeout(max(0.1, end - time.monotonic()))
            channel.sendall(stdin)
        channel.shutdown_write()
        output = io.BytesIO()
        ended = _drain(channel.recv, channel, output, end, Hope().lost)
        if ended:
            _end(channel)
            left.set()
        listener.join()
        if ended:
            said = f"\nended by the harness: {ended}\n".encode()
            return TIMED_OUT, output.getvalue(), errors.getvalue() + said
        return channel.recv_exit_status(), output.getvalue(), errors.getvalue()
    finally:
        channel.close()


def _end(channel: paramiko.Channel) -> None:
    """Ask sshd to end the command's process group (RFC 4254, 6.9): a closed channel alone ends nothing."""
    request = paramiko.Message()
    request.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    request.add_int(channel.remote_chanid)
    request.add_string("signal")
    request.add_boolean(False)
    request.add_string("TERM")
    transport: Any = channel.transport
    # paramiko has no public way to send one.
    transport._send_user_message(request)


def _drain(
    receive: Callable[[int], bytes],
    channel: paramiko.Channel,
    into: io.BytesIO,
    end: float,
    lost: Callable[[], str],
) -> str:
    """Read until the stream ends; why it was left before, if the clock passed ``end`` or all is ``lost``."""
    while True:
        channel.settimeout(max(0.1, min(end - time.monotonic(), GLANCE)))
        try:
            data = receive(CHUNK)
        except TimeoutError:
            why = "too slow" if time.monotonic() >= end else lost()
            if why:
                return why
            continue
        if not data:
            return ""
        into.write(data)
