"""The lines that the checks typed, typed again one after another by the plain ssh client on a fresh box."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.plainssh import PlainSsh
from harness.box.box import Box
from harness.image.layer import OUTSIDE

TOKEN = 6
"""Fewest characters of an output that is taken for a name the box chose: a job's id, a contact, a file."""


@dataclass(frozen=True)
class Line:
    """A line as it was typed, and what it answered."""

    test: str
    at: float
    node: str
    user: str
    line: str
    stdin: str
    environment: Mapping[str, str]
    timeout: float
    code: int
    stdout: str
    seconds: float


@dataclass(frozen=True)
class Recording:
    """What a session typed: lines of the checks that share the box, and seconds of those that run alone."""

    lines: tuple[Line, ...]
    alone_seconds: float

    @classmethod
    def read(cls, directory: Path) -> Recording:
        """What the plugin ``bench.record`` left; lines check by check, each in the order typed."""
        texts = [path.read_text() for path in sorted(directory.glob("*.jsonl"))]
        found = [json.loads(line) for text in texts for line in text.split("\n") if line]
        alone = sum(item["seconds"] for item in found if item["kind"] == "test" and item["alone"])
        lines = [_line(item) for item in found if item["kind"] == "line" and not item["alone"]]
        first: dict[str, float] = {}
        for line in sorted(lines, key=lambda line: line.at):
            first.setdefault(line.test, line.at)
        return cls(tuple(sorted(lines, key=lambda line: (first[line.test], line.test, line.at))), alone)


def _line(item: Mapping[str, Any]) -> Line:
    return Line(**{key: value for key, value in item.items() if key not in ("kind", "alone")})


@dataclass
class Replay:
    """What typing it all again came to."""

    seconds: float = 0.0
    typed: int = 0
    otherwise: list[str] = field(default_factory=list)
    """Lines that ended with another exit code than in the recording."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Names that the first box chose, and what the second chose instead."""

    def enter(self, ssh: PlainSsh, repeats: list[Line]) -> None:
        """Type a line; one that was repeated until something had happened is repeated until it has."""
        last = repeats[-1]
        code, output = 0, ""
        for line in repeats:
            code, output, seconds = ssh.run(
                self.translated(line.line),
                stdin=self.translated(line.stdin),
                environment=line.environment,
                timeout=line.timeout,
            )
            self.seconds += seconds
            self.typed += 1
            if (code, output) == (last.code, self.translated(last.stdout)):
                return
        self.learn(last.stdout, output)
        if code != last.code:
            self.otherwise.append(f"{last.user}@{last.node}$ {last.line}  [{code}, was {last.code}]")

    def translated(self, text: str) -> str:
        """``text`` with the names that this box chose."""
        for old, new in self.renamed.items():
            text = text.replace(old, new)
        return text

    def learn(self, old: str, new: str) -> None:
        """Take a single word that differs for a name that the box chose."""
        old, new = old.strip(), new.strip()
        if old != new and len(old.split()) == len(new.split()) == 1 and min(len(old), len(new)) >= TOKEN:
            self.renamed[old] = new


def repeated(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Runs of the same line at the same place in the same check."""
    for _, group in groupby(lines, key=lambda each: (each.test, each.node, each.user, each.line, each.stdin)):
        yield list(group)


def replay(box: Box, recording: Recording, directory: Path, *, share: bool) -> Replay:
    """Type all lines on ``box``: with ``share`` over one connection for each account, else one for each."""
    result = Replay()
    accounts: dict[tuple[str, str], PlainSsh] = {}
    with ExitStack() as stack:
        for group in repeated(recording.lines):
            who = (group[0].node, group[0].user)
            if who not in accounts:
                plain = PlainSsh.of(box, _shell(box, *who), directory)
                control = directory / f"{len(accounts)}"
                accounts[who] = stack.enter_context(plain.shared(control)) if share else plain
            result.enter(accounts[who], group)
    return result


def _shell(box: Box, node: str, user: str) -> Any:
    if node == OUTSIDE:
        return box.outside_as(user)
    return box.shell(next(each for each in box.site.nodes if each.name == node), user)
