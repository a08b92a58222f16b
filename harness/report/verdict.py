"""The verdict: can the school start, and what was found.  Written as ``verdict.json`` (docs/verdict.md)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeVar

from harness.errors import ExitCode, InputError, shown
from harness.report import series

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

SCHEMA = 1
UNEXPLAINED = "unexplained"
"""In place of a finding's id: the box was looked at, and nothing that the check rests on is broken."""
AGAIN = "name another run, or let ./icebox validate make one"
RUN_AGAIN = "Run `./icebox validate` again. If it ends so twice, the harness needs mending, not the box."
KINDS: dict[str, type | tuple[type, ...]] = {"str": str, "Outcome": str, "float": (int, float)}
"""By the types of fields as they are written; all others are lists of texts."""
LONGEST = 1 << 24
"""Bytes of a verdict.json: one of a hundred checks has a hundred thousand."""


T = TypeVar("T", "CheckResult", "Finding")


class Outcome(StrEnum):
    """How one check ended; from the mildest to the gravest."""

    PASSED = "passed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    FAILED = "failed"

    def worst(self, other: Outcome) -> Outcome:
        """The graver of two: a failure is never hidden by an error that came after it."""
        order = list(Outcome)
        return max(self, other, key=order.index)


class Answer(StrEnum):
    """Can the school start?"""

    GO = "go"
    NO_GO = "no-go"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> ExitCode:
        return {Answer.GO: ExitCode.GO, Answer.NO_GO: ExitCode.NO_GO, Answer.UNKNOWN: ExitCode.UNKNOWN}[self]


@dataclass(frozen=True)
class CheckResult:
    """What became of one check."""

    id: str
    title: str
    role: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    """Why it did not pass, in plain words; empty if it passed."""
    blocked_by: str = ""
    """Id of the check or finding that kept it from running."""
    learns: str = ""
    """What a trainer learns from the check."""
    remedy: str = ""
    """What to do next, where the failure or the warning knows it."""
    warnings: tuple[str, ...] = ()
    """What is not wrong yet but soon may be, in plain words; no warning changes an outcome."""
    nodes: tuple[str, ...] = ()
    """Names of the nodes that it used: if it failed, or is about no role of its own."""
    needs: tuple[str, ...] = ()
    """Names of the services and facts that it rests on (``harness/services/registry.py``)."""
    retried: str = ""
    """Why a first try came to nothing, if the harness failed then and it was tried again; else empty."""
    finding: str = ""
    """Id of the finding that it is laid at, or ``unexplained``; empty if it passed or nobody looked."""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """From the fields as JSON has them; those unknown here are passed over."""
        typed = {"outcome": Outcome(item["outcome"]), "blocked_by": item.get("blocked_by") or ""}
        lists = {name: tuple(item.get(name, ())) for name in ("warnings", "nodes", "needs")}
        return cls(**_known(cls, item) | typed | lists)


@dataclass(frozen=True)
class Finding:
    """The first broken link behind failed checks."""

    id: str
    link: str
    node: str
    summary: str
    remedy: str = ""
    evidence: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    """Ids of the checks that fail because of it."""
    since: str = ""
    """Since when it is so, by this machine's clock; empty if nobody knows."""
    probe: str = ""
    """The command that shows it, as a person would type it there."""
    means: str = ""
    """What that is for the school."""
    stops: tuple[str, ...] = ()
    """What rests on it."""


@dataclass(frozen=True)
class Verdict:
    """Everything a report says about one run."""

    verdict: Answer
    checks: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    degraded: tuple[Finding, ...] = ()
    """What goes, but badly or not for long; no reason for a no-go."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage, in the order of the stages."""
    box: Mapping[str, Any] = field(default_factory=dict)
    image: Mapping[str, str] = field(default_factory=dict)
    """Versions by package."""
    trouble: str = ""
    """Why the harness could not finish its work; empty if it did."""
    mended: tuple[str, ...] = ()
    """What ``validate --mend`` has typed, in words, before what was red was checked again."""
    left_out: tuple[str, ...] = ()
    """Ids of the checks that were not wanted (``validate --quick``): nothing is known of them."""
    until: str = ""
    """The day up to which was looked for what ends; empty if nobody looked ahead."""
    schema: int = SCHEMA

    def to_json(self) -> str:
        """The text of ``verdict.json``; ``schema`` and ``verdict`` come first, for the reader's sake."""
        content = asdict(self)
        head = {"schema": content.pop("schema"), "verdict": content.pop("verdict")}
        return json.dumps(head | content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, where: str = "verdict.json") -> Self:
        """Read what ``to_json`` wrote.

        Raises InputError for text that is no verdict or one of a later schema.  Keys that this version does
        not know are passed over, so that a field may be added without a new schema.
        """
        content = _load(text, where)
        try:
            return cls(
                verdict=Answer(content["verdict"]),
                checks=tuple(_of_kinds(CheckResult.of(item)) for item in content["checks"]),
                findings=tuple(_of_kinds(_finding(item)) for item in content["findings"]),
                degraded=tuple(_of_kinds(_finding(item)) for item in content.get("degraded", ())),
                timings=dict(content["timings"]),
                box=dict(content["box"]),
                image=dict(content["image"]),
                trouble=str(content.get("trouble", "")),
                mended=tuple(map(str, content.get("mended", ()))),
                left_out=tuple(map(str, content.get("left_out", ()))),
                until=str(content.get("until", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError("is not a verdict", where=where, why=_reason(error), remedy=AGAIN) from error

    @property
    def retried(self) -> tuple[CheckResult, ...]:
        """Checks that were tried twice, since the harness failed at first."""
        return tuple(check for check in self.checks if check.retried)

    def count(self, outcome: Outcome) -> int:
        return sum(check.outcome == outcome for check in self.checks)

    @property
    def omission(self) -> str:
        """What a quick run did not look at, in a sentence; empty if it was a whole one."""
        if not self.left_out:
            return ""
        number, listed = len(self.left_out), series.told(self.left_out)
        left = f"{number} check{'s' if number > 1 else ''}"
        return f"This was a quick run: it left out {left}, and says nothing of {listed}."

    @property
    def warned(self) -> tuple[CheckResult, ...]:
        """The checks that have warnings, whatever became of them."""
        return tuple(check for check in self.checks if check.warnings)


def decide(
    checks: Iterable[CheckResult],
    findings: Iterable[Finding] = (),
    excuses: Collection[str] = (),
    *,
    trouble: str = "",
) -> Answer:
    """Can the school start?

    What is blocked by one of the findings in ``excuses`` is not missed: others do that work.
    A failed check or a finding means no.  Short of that, anything that was not seen to work (an unknown or
    blocked check, no checks at all, a harness in trouble) means that nobody knows.
    """
    missed = (
        each for each in checks if each.outcome is not Outcome.BLOCKED or each.blocked_by not in excuses
    )
    outcomes = {check.outcome for check in missed}
    if Outcome.FAILED in outcomes or any(True for _ in findings):
        return Answer.NO_GO
    return Answer.GO if outcomes == {Outcome.PASSED} and not trouble else Answer.UNKNOWN


def _load(text: str, where: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of too many digits, a nest too deep
        why = "its brackets are nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError("is not JSON", where=where, why=why, remedy=AGAIN) from None
    schema = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(schema, int) or schema < 1:
        raise InputError("is not a verdict", where=where, why="it has no schema number", remedy=AGAIN)
    if schema > SCHEMA:
        raise InputError(
            f"was written by a later version of icebox (schema {shown(schema)}; this one reads to {SCHEMA})",
            where=where,
            remedy="read it with the icebox that wrote it, or a newer one",
        )
    return dict(content)


def _known(kind: type[CheckResult | Finding], item: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in item.items() if name in names}


def _finding(item: Mapping[str, Any]) -> Finding:
    lists = {name: tuple(item.get(name, ())) for name in ("evidence", "explains", "stops")}
    return Finding(**_known(Finding, item) | lists)


def _of_kinds(made: T) -> T:
    """The same, if each field is of its kind; raises TypeError."""
    for each in fields(made):
        value, kind = getattr(made, each.name), KINDS.get(str(each.type), tuple)
        listed = all(isinstance(item, str) for item in value) if isinstance(value, tuple) else True
        if not isinstance(value, kind) or not listed:
            raise TypeError(f"{each.name} is {shown(value)}")
    return made


def _reason(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
