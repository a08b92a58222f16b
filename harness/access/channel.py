"""One command over an SSH connection: what is said to it, what it says, and how it ended."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import paramiko
from paramiko.common import MSG_CHANNEL_REQUEST, cMSG_CHANNEL_REQUEST

from harness.command import SLOW, TIMED_OUT, of_signal
from harness.deadline import GLANCE, Hope, within
from harness.errors import SilentError

CHUNK = 65536
_SIGNAL = "ended_by_signal"
_LEAST = 0.1
"""Seconds that each step gets at least."""


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes
    signal: str = ""
    """What killed it, as ``KILL``; empty for one that ended by itself."""


class ConnectionLost(Exception):  # noqa: N818 - what it is, not whose fault
    """The connection, or the command's channel, ended before the node said how the command did."""


class NotBegun(ConnectionLost):
    """The connection ended before the node was told of the command."""


def _hear(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """Note the signal of ``exit-signal`` (RFC 4254, 6.10), which paramiko passes over."""
    here = message.packet.tell()
    if message.get_text() == "exit-signal":
        message.get_boolean()
        setattr(channel, _SIGNAL, message.get_text())
    message.packet.seek(here)
    channel._handle_request(message)  # type: ignore[attr-defined]


class SignalTransport(paramiko.Transport):
    """paramiko's transport, with channels that know which signal ended their command."""

    _channel_handler_table: ClassVar[dict[int, Callable[..., Any]]] = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_REQUEST: _hear,
    }


def converse(
    transport: paramiko.Transport, line: str, stdin: bytes, environment: Mapping[str, str], end: float
) -> Said:
    """Run ``line``, feed it, and gather both its streams until it ends or the clock passes ``end``.

    Raises ConnectionLost, and NotBegun if nothing of it can have run.
    """
    try:
        channel = transport.open_session(timeout=_left(end))
    except (OSError, EOFError, paramiko.SSHException) as error:
        cut_off = not isinstance(error, paramiko.ChannelException)
        kind = NotBegun if cut_off else ConnectionLost
        raise kind(f"the node opens no session: {_told(error)}") from error
    try:
        return _talk(channel, line, stdin, environment, end)
    except SilentError:
        return _left_off(channel, b"", b"", SLOW)
    except (EOFError, paramiko.SSHException) as error:
        raise ConnectionLost(f"the node began no command: {_told(error)}") from error
    finally:
        channel.close()


def _talk(
    channel: paramiko.Channel, line: str, stdin: bytes, environment: Mapping[str, str], end: float
) -> Said:
    if environment:
        channel.update_environment(dict(environment))
    within(_left(end), "sshd to begin the command", lambda: channel.exec_command(line))
    output, errors, left = io.BytesIO(), io.BytesIO(), threading.Event()

    def alone() -> str:
        return "the other stream was left" if left.is_set() else ""

    listener = threading.Thread(target=_drain, args=(channel.recv_stderr, channel, errors, end, alone))
    listener.start()
    why = _feed(channel, stdin, end) or _drain(channel.recv, channel, output, end, Hope().lost)
    if why:
        left.set()
    listener.join()
    # A command that closed its output may go on.
    if not why and not channel.status_event.wait(_left(end)):
        why = SLOW
    if why:
        return _left_off(channel, output.getvalue(), errors.getvalue(), why)
    return _ended(channel, output.getvalue(), errors.getvalue())


def _feed(channel: paramiko.Channel, stdin: bytes, end: float) -> str:
    """Write all of ``stdin``; why it was left before, if so.  A command need not read all of it."""
    try:
        if stdin:
            channel.settimeout(_left(end))
            channel.sendall(stdin)
        channel.shutdown_write()
    except TimeoutError:
        return SLOW
    except OSError:
        pass  # it has ended; its status says how
    return ""


def _ended(channel: paramiko.Channel, output: bytes, errors: bytes) -> Said:
    signal = str(getattr(channel, _SIGNAL, ""))
    if signal:
        return Said(of_signal(signal), output, errors, signal)
    if channel.exit_status < 0:
        raise ConnectionLost("it ended without an exit code and without a signal")
    return Said(channel.exit_status, output, errors)


def _left_off(channel: paramiko.Channel, output: bytes, errors: bytes, why: str) -> Said:
    _end(channel)
    return Said(TIMED_OUT, output, errors + f"\nended by the harness: {why}\n".encode())


def _end(channel: paramiko.Channel) -> None:
    """Ask sshd to end the command's process group (RFC 4254, 6.9): a closed channel alone ends nothing."""
    request = paramiko.Message()
    request.add_byte(cMSG_CHANNEL_REQUEST)
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
        channel.settimeout(min(_left(end), GLANCE))
        try:
            data = receive(CHUNK)
        except TimeoutError:
            why = SLOW if time.monotonic() >= end else lost()
            if why:
                return why
            continue
        if not data:
            return ""
        into.write(data)


def _left(end: float) -> float:
    return max(_LEAST, end - time.monotonic())


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
