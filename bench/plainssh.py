"""The plain ssh client, as a person has it, for whatever the harness's own connections are held against."""

import contextlib
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from harness.access.shell import Shell
from harness.box.box import SSH, Box
from harness.command import TIMED_OUT
from harness.deadline import wait_for
from harness.dom0.place import PATIENCE
from harness.image.layer import OUTSIDE

MASTER = 30.0
"""Seconds a shared connection may take to stand."""


@dataclass(frozen=True)
class PlainSsh:
    """The command line of ssh for one account, at the other end of a connection from a place of the box."""

    words: tuple[str, ...]
    target: str

    @classmethod
    def of(cls, box: Box, shell: Shell, directory: Path) -> Self:
        """ssh to the account of ``shell``; ``directory`` takes the known_hosts file."""
        outside = shell.name == OUTSIDE
        node = next((node for node in box.site.nodes if node.name == shell.name), None)
        address = str(node.address) if node else "127.0.0.1"
        known = directory / f"known-{shell.name}"
        known.write_text(f"{shell.name} {shell.host_key}\n")
        options = {
            "IdentityFile": shell.account.key,
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": known,
            "HostKeyAlias": shell.name,
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        words = ["ssh", "-F", "none"]
        for key, value in options.items():
            words += ["-o", f"{key}={value}"]
        place = box.dom0.outside if outside else box.dom0
        words += ["-o", f"ProxyCommand={shlex.join(place.connection(address, SSH))}"]
        return cls(tuple(words), f"{shell.account.user}@{address}")

    @contextlib.contextmanager
    def shared(self, socket: Path) -> Iterator[Self]:
        """The same over one lasting connection (ControlMaster)."""
        words = [*self.words, "-o", f"ControlPath={socket}"]
        master = subprocess.Popen(
            [*words, "-o", "ControlMaster=yes", "-N", self.target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for("the shared connection", socket.exists, MASTER, where=self.target, pause=0.005)
            yield PlainSsh(tuple(words), self.target)
        finally:
            master.terminate()
            master.wait()

    def run(
        self,
        line: str,
        *,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> tuple[int, str, float]:
        """Exit code (124 after ``timeout`` seconds), standard output, and seconds of wall time."""
        variables = " ".join(f"{name}={value}" for name, value in (environment or {}).items())
        words = [*self.words, *(["-o", f"SetEnv={variables}"] if variables else []), self.target, line]

        started = time.perf_counter()
        try:
            done = subprocess.run(words, input=stdin.encode(), capture_output=True, timeout=timeout)
            code, output = done.returncode, done.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired:
            code, output = TIMED_OUT, ""
        return code, output, time.perf_counter() - started
