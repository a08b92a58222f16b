"""The noun: a service of the box, and a fact that checks and services rest on.

Everything that has to be known of one stands in its entry in ``harness/services/registry.py``: readiness,
``./icebox status``, what a check is blocked by, which doors show certificates, where a report shows it and
what mends it all come from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.site import Role


@dataclass(frozen=True)
class Talk:
    """Asked at its port, by the program ``harness/dom0/talk.py`` at the dom0."""

    port: int
    kind: str


@dataclass(frozen=True)
class Line:
    """Asked by a command on its node, as root, that succeeds if it works."""

    text: str


@dataclass(frozen=True)
class Look:
    """Asked by the harness, with a function of ``harness/services/looks.py``."""

    name: str


Question = Talk | Line | Look


@dataclass(frozen=True, kw_only=True)
class Link:
    """What others rest on: a fact of the box, or a service (below)."""

    name: str
    """In the mark ``needs``, in messages, and in what ``./icebox status`` prints."""
    roles: tuple[Role, ...]
    """Where it is; empty for one of the dom0."""
    label: str = "{name} on {node}"
    """How a message calls it."""
    needs: tuple[str, ...] = ()
    """Names of links beneath it: those at the same node, or else of its cluster, or else all.

    ``bdii@rb`` is that of one role.  That the node runs, and the box stands, need not be said.
    """
    asked: tuple[Question, ...] = ()
    """It works if all answer well, each in ``harness.services.ask.EACH`` seconds; if none, its needs do."""
    patience: float = 15.0
    """Seconds for one that does not work: the machine may be busy, or it may just be starting again."""
    holds: float = 20.0
    """Seconds for which the answer that it works is believed."""
    told_by: str = ""
    """The check that fails if it does not work, and by which the others are blocked; empty: no check is."""
    everywhere: bool = False
    """Whether that check tells of every node; else it looks at the first one of the role."""
    means: str = ""
    """What does not go without it, for the trainer."""
    remedy: str = ""
    """``{box}`` and ``{node}`` are filled in."""
    carries: tuple[str, ...] = ()
    """Names of links that rest on it without saying so in their own ``needs``: those at the same node, or all
    if it is the dom0's own or ``any:`` stands before.  ``*`` is every service."""
    mends: tuple[str, ...] = ()
    """Lines that mend it and do no harm, as root on its node: ``validate --mend`` types them."""
    ends: bool = False
    """What is beneath it tells why nothing is said of it, and not why something above it is broken."""
    between: bool = False
    """It is between machines: packets and names."""
    plain: bool = False
    """What is wrong with it is read on its own node: nothing ``between`` explains that."""


@dataclass(frozen=True, kw_only=True)
class Service(Link):
    """What systemd runs on a node."""

    units: tuple[str, ...]
    """``{vo}`` is filled in."""
    title: str
    """What a report calls it."""
    group: str = ""
    """The group of checks that is about it, if there is one beside its role's (harness/report/roles.py)."""

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(question.port for question in self.asked if isinstance(question, Talk))

    @property
    def port(self) -> int:
        """The first one."""
        return self.ports[0]

    @property
    def kind(self) -> str:
        """How it is spoken with at that port."""
        return next((question.kind for question in self.asked if isinstance(question, Talk)), "")

    def kind_at(self, port: int) -> str:
        """How it is spoken with at one of its ports."""
        kinds = {question.port: question.kind for question in self.asked if isinstance(question, Talk)}
        return kinds.get(port, self.kind)

    @property
    def secure(self) -> bool:
        """Whether it shows the certificate of its host."""
        return self.kind in ("tls", "gridftp", "xrootd")
