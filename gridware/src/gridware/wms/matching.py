"""Match-making: which resources a JDL's Requirements accept, in the order of its Rank.

The ClassAd library evaluates; ``other`` is the resource. The same code runs in the broker and for list-match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import classad2

from gridware.jdl import functions
from gridware.jdl.attributes import text, true
from gridware.pattern import pattern
from gridware.wms import data
from gridware.wms.data import Data
from gridware.wms.resources import CloseSe, Resource

REQUIREMENTS = 'other.GlueCEStateStatus == "Production"'
RANK = "-other.GlueCEStateEstimatedResponseTime"
NO_RESOURCES = "BrokerHelper: no compatible resources"
"""Why a job waits; CANNOT_PLAN stands before it where the job ends for it."""
CANNOT_PLAN = "Cannot plan: "
WORST = float("-inf")

_GANG = pattern(r"(?i)\b(anyMatch|allMatch|whichMatch)\s*\(")
_CLOSE = pattern(r"(?i)\s*other\.storage\.CloseSEs\s*,")
_TARGET = pattern(r"(?i)\btarget\.")
_SHORT_DEADLINE = "sdj"
"""How the queues for jobs with a ShortDeadlineJob end in gLite; they take no others (config_glite_wms)."""


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


def host_only(job: classad2.ClassAd) -> str:
    """The CE that SubmitTo names by its host alone, so that its best queue is to be found; else empty."""
    wanted = text(job, "SubmitTo")
    return "" if ":" in wanted else wanted.lower()


def of_host(job: classad2.ClassAd, resources: Iterable[Resource]) -> list[Resource]:
    """The queues of the CE that SubmitTo names by its host alone; all resources if it does not."""
    host = host_only(job)
    return [each for each in resources if not host or each.host.lower() == host]


def match(
    jdl: str,
    resources: Iterable[Resource],
    vo: str,
    fqans: Sequence[str] = (),
    files: Data | None = None,
) -> list[Match]:
    """The resources of a VO's member that fit a JDL (a whole ClassAd in brackets), best first.

    With ``files`` only those with the most of these near. Among equals the order of the information system
    stays. Raises MatchError for a JDL that is no ClassAd.
    """
    job = parse(jdl)
    requirements = _expression(job, "Requirements", REQUIREMENTS)
    rank = _expression(job, "Rank", RANK)
    asked = of_host(job, resources)
    open_ones = [each for each in asked if each.open_to(vo, fqans) and _suits(job, each)]
    fitting = [each for each in open_ones if _evaluate(job, requirements, each) is True]
    if files is not None:
        fitting = data.nearest(fitting, files, data.protocols(job))
    matches = [Match(each, _number(_evaluate(job, rank, each))) for each in fitting]
    return sorted(matches, key=lambda each: -each.rank)


def none_left(jdl: str, files: Data | None) -> str:
    """Why nothing fits, as the user reads it."""
    job = parse(jdl)
    why = [f"of the queues of {host}"] if (host := host_only(job)) else []
    why += [data.far(files, data.protocols(job))] if files else []
    return f"{NO_RESOURCES} ({'; '.join(why)})" if why else NO_RESOURCES


def parse(jdl: str) -> classad2.ClassAd:
    """A JDL as a ClassAd, with all the functions that it calls; raises MatchError."""
    functions.load(jdl)
    try:
        return classad2.ClassAd(jdl)
    except Exception as error:  # the library raises whatever its C++ side had
        raise MatchError(f"the JDL is no ClassAd: {error}") from None


def _expression(job: classad2.ClassAd, name: str, default: str) -> str:
    return str(job.lookup(name)) if name in job else default


def _suits(job: classad2.ClassAd, resource: Resource) -> bool:
    """What gLite's broker demands beside Requirements: the OutputSE close, a queue for short deadlines."""
    output = text(job, "OutputSE").lower()
    if output and output not in (se.name.lower() for se in resource.close):
        return False
    return true(job, "ShortDeadlineJob") == resource.ceid.endswith(_SHORT_DEADLINE)


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


def _number(value: object) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, classad2.Value)
    return float(value) if good else WORST  # type: ignore[arg-type]
