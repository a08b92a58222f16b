"""A fake sshd: paramiko's server, whose commands end as their name says."""

import contextlib
import socket
import threading
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def new_key(path: Path) -> paramiko.Ed25519Key:
    """An ed25519 key in a file of its own."""
    form = (Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(*form))
    path.chmod(0o600)
    return paramiko.Ed25519Key(filename=str(path))


def public(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.get_base64()}"


class FakeSshd:
    """Lets the holder of ``admitted`` in while ``open``, and shows ``host_key``."""

    def __init__(self, host_key: paramiko.PKey, admitted: paramiko.PKey) -> None:
        self.host_key, self.admitted = host_key, admitted
        self.open = True
        self.logins = 0
        self.over = threading.Event()
        self._ends: list[socket.socket] = []
        self._transports: list[paramiko.Transport] = []
        self.commands: list[threading.Thread] = []
        self.cutting_off = 0
        """So many connections end when a session is asked for."""
        self.deaf = 0
        """So many hear nothing more from then on, until ``hears``."""
        self.hears = threading.Event()

    def dial(self) -> socket.socket:
        """A connection to it."""
        if not self.open:
            raise ConnectionRefusedError("fake: nobody listens")
        ours, theirs = socket.socketpair()
        self._ends.append(ours)
        transport = paramiko.Transport(ours)
        self._transports.append(transport)
        transport.add_server_key(self.host_key)
        # A client that breaks off the handshake is no error of the server's.
        with contextlib.suppress(paramiko.SSHException):
            transport.start_server(threading.Event(), _Interface(self))
        return theirs

    def cut_off(self) -> None:
        """End all connections there are; who lost one opens the next while others are still being ended."""
        for end in [*self._ends]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.over.set()
        self.hears.set()
        for transport in self._transports:
            transport.close()
        for command in self.commands:
            command.join()


class _Interface(paramiko.ServerInterface):
    def __init__(self, sshd: FakeSshd) -> None:
        self.sshd = sshd

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if key != self.sshd.admitted:
            return paramiko.common.AUTH_FAILED
        self.sshd.logins += 1
        return paramiko.common.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if self.sshd.cutting_off:
            self.sshd.cutting_off -= 1
            self.sshd.cut_off()
        if self.sshd.deaf:
            self.sshd.deaf -= 1
            self.sshd.hears.wait()
        return 0  # OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        words = command.decode().split()
        if words[0] == "refuse":
            return False
        if words[0] == "unheard":
            self.sshd.over.wait()
        running = threading.Thread(target=self._run, args=(channel, *words), daemon=True)
        running.start()
        self.sshd.commands.append(running)
        return True

    def _run(self, channel: paramiko.Channel, *words: str) -> None:
        # On a busy machine, a client that has all it wants hangs up before the last words are sent.
        with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
            self._speak(channel, *words)

    def _speak(self, channel: paramiko.Channel, what: str, word: str = "") -> None:
        if what != "echo":
            # The client speaks, or ends its input, once it knows that the command has begun.
            channel.recv(1)
        if what == "exit":
            channel.sendall(b"out\n")
            channel.sendall_stderr(b"err\n")
            channel.send_exit_status(int(word))
        elif what == "killed":
            channel.sendall(b"half\n")
            _send_signal(channel, word)
        elif what == "echo":
            while data := channel.recv(65536):
                channel.sendall(data)
            channel.send_exit_status(0)
        elif what == "hang":
            self.sshd.over.wait()
        elif what == "wait":
            self.sshd.hears.wait()
            channel.send_exit_status(0)
        elif what == "silent-but-alive":
            channel.shutdown(2)
            self.sshd.over.wait()
        elif what == "vanish":
            self.sshd.open = word != "for-good"
            channel.get_transport().close()
        channel.close()


def _send_signal(channel: paramiko.Channel, name: str) -> None:
    message = paramiko.Message()
    message.add_byte(paramiko.common.cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("exit-signal")
    message.add_boolean(False)
    message.add_string(name)
    message.add_boolean(False)
    message.add_string("")
    message.add_string("")
    channel.transport._send_user_message(message)
