"""A packet capture at the dom0 while something is done: who said a word in clear."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.deadline import within
from harness.dom0.place import Place
from harness.errors import HarnessError
from harness.probes import eavesdrop

PROGRAM = Path(eavesdrop.__file__)
PATIENCE = 60.0
"""Seconds until it begins, and for what waits to be looked at, on a busy machine."""


class Heard(NamedTuple):
    """A word in a packet."""

    source: str
    source_port: int
    target: str
    target_port: int
    written: str
    """``plain``, ``hex`` or ``base64``."""
    tail: str
    """The letters that follow it, if it is plain."""

    @property
    def ports(self) -> tuple[int, int]:
        return self.source_port, self.target_port

    def __str__(self) -> str:
        how = f"{self.tail.strip('.') or 'a word'} ({self.written.partition(' ')[0]})"
        return f"{self.source}:{self.source_port} > {self.target}:{self.target_port}: {how}"


@dataclass
class Capture:
    """What was heard, once it is over."""

    packets: int = 0
    lost: int = 0
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def listening(dom0: Place, word: str) -> Iterator[Capture]:
    """Listen to all that passes the dom0 during the block; raises HarnessError if that can't be done."""
    words = dom0.words(dom0.python(PROGRAM, word))
    pipe, seconds = subprocess.PIPE, dom0.longer(PATIENCE)
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as listener:
        assert listener.stdout is not None
        try:
            first = within(seconds, "the capture to begin", listener.stdout.readline, where=dom0.name)
            if first.strip() != "listening":
                raise _failed(dom0, listener.communicate(timeout=seconds)[1])
            capture = Capture()
            yield capture
            out, errors = listener.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise _failed(dom0, f"it did not end within {seconds:g} s") from None
        finally:
            listener.kill()
    if listener.returncode:
        raise _failed(dom0, errors)
    told = json.loads(out)
    capture.packets, capture.lost = told["packets"], told["lost"]
    capture.heard = [_heard(*each) for each in told["heard"]]


def _heard(who: list[Any] | None, written: str, tail: str) -> Heard:
    source, source_port, target, target_port = who or ("?", 0, "?", 0)
    return Heard(source, source_port, target, target_port, written, tail)


def _failed(dom0: Place, why: str) -> HarnessError:
    return HarnessError("can't listen to the network", where=dom0.name, why=why.strip())
