"""A finding: the first broken link behind what does not go, how that is known, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One line of a remedy that does no harm, and may be typed by a program."""

    place: str
    """A node's name; empty for the dom0."""
    line: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One broken or degraded link."""

    link: str
    """Its name (``harness/services/registry.py``, ``harness/diagnosis/facts``)."""
    node: str = ""
    """The node's name; empty for what is the dom0's."""
    what: str
    """One sentence for the trainer: what is broken, where, and how that shows."""
    probe: str = ""
    """The command that shows it, as a person would type it there."""
    output: str = ""
    """What it said."""
    since: float = 0.0
    """Since when it is so, in seconds since 1970; 0 if nobody knows."""
    log: tuple[str, ...] = ()
    """Lines of logs that tell of it."""
    stops: tuple[str, ...] = ()
    """What rests on it, and does not go therefore."""
    words: tuple[str, ...] = ()
    """The same in the words of checks' ``needs``, itself included."""
    told_by: str = ""
    """Id of the check that is about it; empty if none is."""
    means: str = ""
    """The same for the school, in a sentence."""
    remedy: str = ""
    """What to do; commands stand in backquotes."""
    steps: tuple[Step, ...] = ()
    """The remedy as it may be typed by ``validate --mend``; empty if a person has to judge."""
    degraded: bool = False
    """It goes, but badly or not for long: a warning, and no reason for a no-go."""
    spared: bool = False
    """Degraded, since others do its work: what fails for it alone is no reason for a no-go either."""

    @property
    def id(self) -> str:
        """What checks are blocked by: ``gatekeeper@xencenode``."""
        return f"{self.link}@{self.node}" if self.node else self.link

    @property
    def safe(self) -> bool:
        """Whether a program may mend it."""
        return bool(self.steps)


@dataclass(frozen=True)
class Findings:
    """What one look at the graph of a box came to."""

    broken: tuple[Finding, ...] = ()
    """Where trouble begins; nothing beneath any of these is broken."""
    degraded: tuple[Finding, ...] = ()
    """What goes, but badly or not for long."""
    unasked: tuple[str, ...] = ()
    """What the harness could not ask, in words: nothing is known of that."""
    seconds: float = field(default=0.0, compare=False)
    changed: tuple[Finding, ...] = ()
    """What somebody changed, and nothing that was seen is laid at: a check that fails may well be, if nothing
    else explains it."""
    red: frozenset[str] = field(default=frozenset(), compare=False)
    """Names of all links that were broken, be it by what is beneath them."""

    def __iter__(self) -> Iterator[Finding]:
        yield from (*self.broken, *self.degraded)

    def to_json(self) -> dict[str, Any]:
        """What ``./icebox diagnose --json`` prints, and ``of`` reads."""
        kinds = {"broken": self.broken, "degraded": self.degraded, "changed": self.changed}
        return {
            **{kind: [asdict(each) | {"id": each.id} for each in found] for kind, found in kinds.items()},
            "unasked": list(self.unasked),
            "seconds": round(self.seconds, 2),
        }

    @classmethod
    def of(cls, content: dict[str, Any]) -> Findings:
        """From what ``to_json`` made."""
        broken, degraded = (tuple(map(_finding, content[kind])) for kind in ("broken", "degraded"))
        changed = tuple(map(_finding, content["changed"]))
        return cls(broken, degraded, tuple(content["unasked"]), content["seconds"], changed)


def _finding(item: dict[str, Any]) -> Finding:
    lists = {name: tuple(item[name]) for name in ("log", "stops", "words")}
    steps = tuple(Step(**step) for step in item["steps"])
    return Finding(**{name: value for name, value in item.items() if name != "id"} | lists | {"steps": steps})
