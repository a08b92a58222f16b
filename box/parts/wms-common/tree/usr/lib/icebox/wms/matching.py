"""Match-making: which resources a JDL's Requirements accept, in the order of its Rank.

The ClassAd library evaluates; ``other`` is the resource. The same code runs in the broker and for list-match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import classad2

from wms.resources import CloseSe, Resource

REQUIREMENTS = 'other.GlueCEStateStatus == "Production"'
RANK = "-other.GlueCEStateEstimatedResponseTime"
NO_RESOURCES = "Cannot plan: BrokerHelper: no compatible resources"
WORST = float("-inf")

_GANG = re.compile(r"\b(anyMatch|allMatch|whichMatch)\s*\(", re.IGNORECASE)
_CLOSE = re.compile(r"\s*other\.storage\.CloseSEs\s*,", re.IGNORECASE)
_TARGET = re.compile(r"\btarget\.", re.IGNORECASE)


class MatchError(Exception):
    """A JDL whose Requirements or Rank can't be evaluated at all; the text says which."""


@dataclass(frozen=True)
class Match:
    """A resource that fits, and what the Rank makes of it (WORST if it says nothing)."""

    resource: Resource
    rank: float

    @property
    def ceid(self) -> str:
        return self.resource.ceid


def match(jdl: str, resources: Iterable[Resource], vo: str, fqans: Sequence[str] = ()) -> list[Match]:
    """The resources of a VO's member that fit a JDL (a whole ClassAd in brackets), best first.

    Among equals the order of the information system stays. Raises MatchError for a JDL that is no ClassAd.
    """
    job = parse(jdl)
    requirements = _expression(job, "Requirements", REQUIREMENTS)
    rank = _expression(job, "Rank", RANK)
    open_ones = [resource for resource in resources if resource.open_to(vo, fqans)]
    fitting = [each for each in open_ones if _evaluate(job, requirements, each) is True]
    matches = [Match(each, _number(_evaluate(job, rank, each))) for each in fitting]
    return sorted(matches, key=lambda each: -each.rank)


def parse(jdl: str) -> classad2.ClassAd:
    """A JDL as a ClassAd; raises MatchError."""
    try:
        return classad2.ClassAd(jdl)
    except Exception as error:  # the library raises whatever its C++ side had
        raise MatchError(f"the JDL is no ClassAd: {error}") from None


def _expression(job: classad2.ClassAd, name: str, default: str) -> str:
    return str(job.lookup(name)) if name in job else default


def _evaluate(job: classad2.ClassAd, expression: str, resource: Resource) -> object:
    """The value of an expression of the job with ``other`` being the resource."""
    scene = classad2.ClassAd(str(job))
    scene["other"] = classad2.ClassAd(resource.attributes)
    try:
        scene["IceboxValue"] = classad2.ExprTree(_without_gangs(expression, scene, resource.close))
        return scene.eval("IceboxValue")
    except Exception as error:  # the library raises whatever its C++ side had
        raise MatchError(f"{expression}: {error}") from None


def _without_gangs(expression: str, scene: classad2.ClassAd, close: Sequence[CloseSe]) -> str:
    """Put the value in place of each ``anyMatch(other.storage.CloseSEs, target.x == y)``.

    gLite added these functions for gangmatching; the ClassAd library of HTCondor calls them errors.
    """
    while found := _GANG.search(expression):
        end = _closing(expression, found.end())
        inner = expression[found.end() : end]
        listed = _CLOSE.match(inner)
        if listed is None:
            raise MatchError(f"{found[1]} knows only other.storage.CloseSEs")
        results = list(_each_close(inner[listed.end() :], scene, close))
        value = any(results) if found[1].lower() != "allmatch" else all(results)
        expression = f"{expression[: found.start()]}{str(value).lower()}{expression[end + 1 :]}"
    return expression


def _each_close(condition: str, scene: classad2.ClassAd, close: Sequence[CloseSe]) -> Iterator[bool]:
    for element in close:
        inner = classad2.ClassAd(str(scene))
        inner["IceboxTarget"] = classad2.ClassAd(element.attributes)
        inner["IceboxValue"] = classad2.ExprTree(_TARGET.sub("IceboxTarget.", condition))
        yield inner.eval("IceboxValue") is True


def _closing(text: str, start: int) -> int:
    """Where the bracket opened just before ``start`` closes; strings are stepped over."""
    depth, position, quoted = 1, start, False
    while position < len(text):
        char = text[position]
        if char == "\\" and quoted:
            position += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return position
        position += 1
    raise MatchError("a bracket is not closed")


def whole(job: classad2.ClassAd, name: str, default: int = 0) -> int:
    """A whole number of a JDL."""
    value = job.eval(name) if name in job else default
    # The library's "undefined" and "error" are whole numbers for Python.
    return value if isinstance(value, int) and not isinstance(value, classad2.Value) else default


def _number(value: object) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, classad2.Value)
    return float(value) if good else WORST  # type: ignore[arg-type]
