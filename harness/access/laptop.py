"""A laptop of the class room that is reached by ssh, with whatever programs it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from harness.dom0.place import PYTHON, Place
from harness.errors import HarnessError

DESTINATION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:%-]{0,200}")
"""As ssh(1) takes it, without what it would take for an option."""
CONNECTING = 20
"""Seconds for a connection."""


@dataclass(frozen=True)
class Laptop(Place):
    """A machine outside, by the word that root of this one types behind ``ssh``."""

    name: str

    def words(self, command: Sequence[str]) -> list[str]:
        options = ("BatchMode=yes", f"ConnectTimeout={CONNECTING}")
        return ["ssh", *(word for each in options for word in ("-o", each)), self.name, shlex.join(command)]

    def lacking(self, *programs: str) -> list[str]:
        """Which of these programs are not there; raises HarnessError for one without a way in or Python."""
        line = "echo here; " + "".join(f"command -v {each} >/dev/null || echo {each}; " for each in programs)
        asked = self.run(line)
        here, *missing = asked.stdout.split() or [""]
        if here != "here":
            raise HarnessError(
                f"the laptop {self.name} can't be reached",
                where="[outside] of the site file",
                why=asked.stderr.strip(),
                remedy=f"root of this machine must reach it by `ssh -o BatchMode=yes {self.name}`",
            )
        if PYTHON in missing:
            raise HarnessError(
                f"the laptop {self.name} lacks {PYTHON}",
                where="[outside] of the site file",
                why="services are spoken with by a Python program that is sent there",
                remedy="install it there, or name another laptop",
            )
        return missing
