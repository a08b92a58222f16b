"""The lines that the checks typed, typed again one after another by the plain ssh client on a fresh box."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from bench.plainssh import PlainSsh
from harness.access.shell import Shell
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
class Put:
    """A file that was laid on a node beside the lines; laying it again is not counted."""

    test: str
    at: float
    node: str
    user: str
    environment: Mapping[str, str]
    path: str
    content: str
    """In base64."""
    mode: int


@dataclass(frozen=True)
class Recording:
    """What a session did: steps of the checks that share a box, and seconds of both kinds of checks."""

    steps: tuple[Line | Put, ...]
    alone_seconds: float
    """Of those that run alone, one after another."""
    shared_seconds: float
    """From the beginning of the first that shares a box to the end of the last."""

    @classmethod
    def read(cls, directory: Path) -> Self:
        """What the plugin ``bench.record`` left; steps check by check, each in the order taken."""
        texts = [path.read_text() for path in sorted(directory.glob("*.jsonl"))]
        found = [json.loads(line) for text in texts for line in text.split("\n") if line]
        alone = sum(item["seconds"] for item in found if item["kind"] == "test" and item["alone"])
        # What stands under no test was done by the harness for itself, such as collecting evidence.
        shared = (item for item in found if item["test"] and not item["alone"])
        steps = [_step(item) for item in shared if item["kind"] in KINDS]
        first: dict[str, float] = {}
        for step in sorted(steps, key=lambda step: step.at):
            first.setdefault(step.test, step.at)
        ordered = tuple(sorted(steps, key=lambda step: (first[step.test], step.test, step.at)))
        return cls(
            ordered, alone, _span(item for item in found if item["kind"] == "test" and not item["alone"])
        )


KINDS: Mapping[str, type[Line] | type[Put]] = {"line": Line, "put": Put}


def _span(tests: Iterable[dict[str, Any]]) -> float:
    """Seconds from the first beginning to the last end."""
    listed = list(tests)
    ends = [item["at"] + item["seconds"] for item in listed]
    return max(ends) - min(item["at"] for item in listed) if listed else 0.0


def _step(item: Mapping[str, Any]) -> Line | Put:
    return KINDS[item["kind"]](**{key: value for key, value in item.items() if key not in ("kind", "alone")})


@dataclass
class Replay:
    """What typing it all again came to."""

    seconds: float = 0.0
    typed: int = 0
    otherwise: list[str] = field(default_factory=list)
    """Lines that ended with another exit code than in the recording."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Names that the first box chose, and what the second chose instead."""

    def enter(self, ssh: PlainSsh, repeats: Sequence[Line]) -> None:
        """Type a line as often as it was, or, if that was waiting, until it answers as it did in the end.

        Waiting lasts at most as long as it did in the check.
        """
        last, wait = repeats[-1], waited(repeats)
        typed, taken = 0, 0.0
        while True:
            line = repeats[min(typed, len(repeats) - 1)]
            code, output, seconds = ssh.run(
                self.translated(line.line),
                stdin=self.translated(line.stdin),
                environment=line.environment,
                timeout=line.timeout,
            )
            typed, taken = typed + 1, taken + seconds
            as_it_ended = (code, output) == (last.code, self.translated(last.stdout))
            if (as_it_ended or taken >= wait) if wait else typed == len(repeats):
                break
            if not wait:
                self.learn(line.stdout, output)
        if code != last.code:
            self.otherwise.append(f"{last.user}@{last.node}$ {last.line}  [{code}, was {last.code}]")
            # It may have waited in vain for someone who is not there in the replay.
            taken = min(taken, wait or sum(line.seconds for line in repeats))
        self.typed, self.seconds = self.typed + typed, self.seconds + taken
        self.learn(last.stdout, output)

    def translated(self, text: str) -> str:
        """``text`` with the names that this box chose."""
        if not self.renamed:
            return text
        # In one pass and whole words only: 12.ce holds 2.ce, and a new name may be another's old one.
        names = "|".join(map(re.escape, self.renamed))
        return re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda found: self.renamed[found[0]], text)

    def learn(self, old: str, new: str) -> None:
        """Take a single word that differs for a name that the box chose."""
        old, new = old.strip(), new.strip()
        if old != new and len(old.split()) == len(new.split()) == 1 and min(len(old), len(new)) >= TOKEN:
            self.renamed[old] = new


def waited(repeats: Sequence[Line]) -> float:
    """Seconds that a line was repeated in waiting for something; 0 for lines that were not typed to wait.

    A line that answers the same several times over waits; one that answers anew each time does something.
    """
    if len({line.stdout for line in repeats}) == len(repeats):
        return 0.0
    return repeats[-1].at + repeats[-1].seconds - repeats[0].at


def repeated(steps: Iterable[Line | Put]) -> Iterator[Sequence[Line] | Put]:
    """Runs of the same line at the same place in the same check; files as they come."""
    for _, group in groupby(steps, key=_what):
        first, *others = group
        if isinstance(first, Put):
            yield from (first, *(other for other in others if isinstance(other, Put)))
        else:
            yield [first, *(other for other in others if isinstance(other, Line))]


def _what(step: Line | Put) -> tuple[str, ...]:
    own = ("put",) if isinstance(step, Put) else ("line", step.line, step.stdin)
    return (step.test, step.node, step.user, *own)


def replay(box: Box, recording: Recording, directory: Path, *, share: bool) -> Replay:
    """Type all lines on ``box``: with ``share`` over one connection for each account, else one for each."""
    result = Replay()
    accounts: dict[tuple[str, str], PlainSsh] = {}
    with ExitStack() as stack:
        for what in repeated(recording.steps):
            first = what if isinstance(what, Put) else what[0]
            who = (first.node, first.user)
            shell = _shell(box, *who)
            if isinstance(what, Put):
                shell.put(result.translated(what.path), base64.b64decode(what.content), what.mode)
                continue
            if who not in accounts:
                plain = PlainSsh.of(box, shell, directory)
                control = directory / f"{len(accounts)}"
                accounts[who] = stack.enter_context(plain.shared(control)) if share else plain
            result.enter(accounts[who], what)
    return result


def _shell(box: Box, node: str, user: str) -> Shell:
    if node == OUTSIDE:
        return box.outside_as(user)
    return box.shell(next(each for each in box.site.nodes if each.name == node), user)
