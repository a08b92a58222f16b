"""QEMU's monitor: one JSON object a line over a socket (its "QMP" protocol)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from harness.errors import HarnessError, SilentError

PATIENCE = 180.0
"""Seconds for an answer; a snapshot of the whole machine takes 5 on an idle one."""


class Monitor:
    """An open conversation."""

    def __init__(self, file: BinaryIO, where: Path) -> None:
        self._file, self._where = file, where
        self._read()
        self.ask("qmp_capabilities")

    def ask(self, what: str, **arguments: str) -> object:
        """What it answers; raises HarnessError for what it refuses, SilentError if it says nothing."""
        text = json.dumps({"execute": what, "arguments": arguments})
        try:
            self._file.write(text.encode() + b"\n")
            self._file.flush()
            while "event" in (answer := self._read()):
                pass
        except TimeoutError:
            raise SilentError(
                f"waited {PATIENCE:g} s for QEMU to do {what}", where=str(self._where)
            ) from None
        if "error" in answer:
            raise HarnessError(f"QEMU refuses {what}", where=str(self._where), why=str(answer["error"]))
        return answer.get("return")

    def type(self, line: str) -> None:
        """A line of its monitor for people, which answers nothing if all is well."""
        said = str(self.ask("human-monitor-command", **{"command-line": line})).strip()
        if said:
            raise HarnessError(f"QEMU fails to do `{line}`", where=str(self._where), why=said)

    def _read(self) -> dict[str, object]:
        line = self._file.readline()
        if not line:
            raise HarnessError("QEMU ended while it was asked", where=str(self._where))
        read: dict[str, object] = json.loads(line)
        return read


@contextmanager
def monitor(path: Path) -> Iterator[Monitor]:
    """Speak with the QEMU that listens at ``path``; raises OSError if none does."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE)
        line.connect(str(path))
        with line.makefile("rwb") as file:
            yield Monitor(cast(BinaryIO, file), path)
