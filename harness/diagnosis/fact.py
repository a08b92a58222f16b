"""The noun: a fact that services and checks rest on, how it is looked at, and how the look is judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.box.box import Box
from harness.diagnosis.finding import Step
from harness.diagnosis.rounds import Rounds
from harness.dom0.talk import Answer
from harness.errors import IceboxError
from harness.grid.errors import UnexpectedOutput
from harness.services.service import Link
from harness.site import Node, Site

DOM0, WIRE, OUTSIDE = "dom0", "the bridge", "outside"
"""Places that are no nodes; at the bridge, which is the dom0's, ``harness/diagnosis/wire.py`` looks."""
Words = tuple[Any, ...]
"""A kind of look and its words (``harness/diagnosis/look.py``)."""


class Want(NamedTuple):
    """A look at a place: a node's name, ``DOM0`` or ``OUTSIDE``."""

    place: str
    words: Words


@dataclass(frozen=True)
class Seen:
    """What is wrong with a link, and how that shows."""

    why: str
    """What follows the link's label: ``is full``."""
    probe: str = ""
    """What a person would type there to see it."""
    output: str = ""
    since: float = 0.0
    degraded: bool = False
    of: str = ""
    """The node whose link of the same name is at fault: where that tells, this one need not."""
    remedy: str = ""
    """In place of the link's own, where the look knows better."""
    steps: tuple[Step, ...] = ()


class Unseen(Exception):  # noqa: N818 - what it is
    """A look came to nothing: the link is not judged."""


@dataclass(frozen=True)
class View:
    """All that was seen of a box, at one moment."""

    answers: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """By place, and then by the words of the look as JSON."""
    doors: Mapping[int, Answer] = field(default_factory=dict)
    """What answers at the public address, by port, as the outside meets it."""
    at: float = 0.0
    """This machine's clock, in seconds since 1970."""
    doubt: float = 0.0
    """Seconds that the looks took: any clock was read at some moment of them."""
    rounds: Rounds = field(default_factory=dict)
    """What those at the public address that were late said when they were asked again."""

    def got(self, want: Want) -> Any:
        """What a look came to; raises Unseen for one that is late, failed, or was not made."""
        answer = self.answers.get(want.place, {}).get(json.dumps(want.words))
        if answer is None:
            raise Unseen(f"{want.place} was not looked at")
        if "got" not in answer:
            raise Unseen(f"{want.place}: {answer.get('error', 'no answer in time')}")
        return answer["got"]

    def late(self, want: Want) -> bool:
        """Whether the machine did look, and got no answer in its time."""
        return bool(self.answers.get(want.place, {}).get(json.dumps(want.words), {}).get("late"))


@dataclass(frozen=True)
class Case:
    """What is judged: a link at a node of a box, by what was seen."""

    box: Box
    node: Node | None
    view: View
    silent: frozenset[tuple[str, str]] = frozenset()
    """Names of the nodes and services that did not answer themselves: what is beyond them can't be judged."""

    @property
    def site(self) -> Site:
        return self.box.site

    @property
    def here(self) -> Node:
        """The node; of a fact that has one."""
        assert self.node is not None
        return self.node


Judge = Callable[[Case], Iterable[Seen]]
Wants = Callable[[Site, Node | None], Iterable[Want]]


@dataclass(frozen=True, kw_only=True)
class Fact(Link):
    """What the harness sees by looking at machines from within, all in one go."""

    wants: Wants
    judge: Judge
    slows: bool = False
    """What is only degraded there may be why something above, which has its time, is broken."""
    doors: bool = False
    """It goes by what answers at the public address."""
    sure: bool = False
    """It looks so often itself that what is degraded there is not looked at again."""
    suspect: bool = False
    """Counts only where something above is broken that nothing else explains: a changed file, say."""

    def seen(self, case: Case) -> Iterator[Seen]:
        """What is wrong with it; a defect of the judge is no fault of the box."""
        try:
            yield from self.judge(case)
        except Unseen:
            raise
        except (LookupError, ValueError, TypeError) as error:
            where = case.node or DOM0
            raise Unseen(f"{where}: {self.name}: {type(error).__name__}: {error}") from error
        except UnexpectedOutput as error:
            raise Unseen(f"{case.node or self.name}: {error.what} ({error.why[:200]})") from error
        except (IceboxError, OSError) as error:  # of a judge that looks once more, or at files of the box
            where = case.node or DOM0
            raise Unseen(f"{where}: {self.name}: {error}") from error
