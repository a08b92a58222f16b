"""Ask links whether they work: all at once, each with a deadline of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.dom0.place import Place
from harness.errors import HarnessError, IceboxError
from harness.services import talk
from harness.services.graph import Placed
from harness.services.looks import LOOKS
from harness.services.service import Line, Look, Service, Talk

if TYPE_CHECKING:
    from harness.access.shell import Shell
    from harness.box.box import Box
    from harness.site import Node

EACH = 2.0
"""Seconds that one gets for its answer; milliseconds on an idle machine."""
STARTING = 20.0
"""Seconds that the asking program itself may need besides, on a busy machine."""
PROGRAM = Path(talk.__file__).read_text(encoding="utf-8")
Target = tuple[str, str, int]
"""Kind of talk, address and port."""


@dataclass(frozen=True)
class Answer:
    """What came of a talk: what is wrong, empty if nothing is, and what was shown."""

    why: str
    shown: tuple[str, ...]


def at(place: Place, targets: Sequence[Target], *, each: float = EACH, until: float = 0.0) -> list[Answer]:
    """Speak with services from ``place``, again for ``until`` seconds with those that don't answer well.

    Raises HarnessError if the program does not run there.
    """
    if not targets:
        return []
    request = json.dumps({"ask": targets, "each": each, "until": until})
    ran = place.run(["python3", "-I", "-S", "-", request], stdin=PROGRAM, timeout=each + until + STARTING)
    lines = ran.stdout.splitlines()
    if not ran.ok or len(lines) != len(targets):
        raise HarnessError("services can't be asked", where=place.name, why=ran.output.strip())
    told = (json.loads(line) for line in lines)
    return [Answer(one["why"], tuple(one["shown"])) for one in told]


def talks(
    box: Box, placed: Collection[Placed], *, each: float = EACH, until: float = 0.0
) -> dict[Placed, str]:
    """What is wrong with services at their ports, as the dom0 meets them; nothing if they answer."""
    asked = [
        (one, question)
        for one in placed
        for question in one.link.asked
        if isinstance(question, Talk) and one.node is not None
    ]
    targets = [(question.kind, str(one.node and one.node.address), question.port) for one, question in asked]
    answers = at(box.dom0, targets, each=each, until=until)
    found: dict[Placed, list[str]] = {}
    for (one, question), answer in zip(asked, answers, strict=True):
        if answer.why:
            port = f"port {question.port}: " if len(_ports(one)) > 1 else ""
            found.setdefault(one, []).append(f"{port}{answer.why}")
    return {one: f"does not answer: {'; '.join(whys)}" for one, whys in found.items()}


def broken(box: Box, placed: Iterable[Placed], *, each: float = EACH) -> Mapping[Placed, str]:
    """Those that don't work now, with what is wrong: all questions of each, side by side."""
    links = list(dict.fromkeys(placed))
    if not box.dom0.stands:
        # There is nothing to be asked.
        return dict.fromkeys(links, "is down")
    others = [
        (one, question) for one in links for question in one.link.asked if isinstance(question, Line | Look)
    ]
    nodes = list({one.node for one, question in others if isinstance(question, Line) and one.node})
    with ThreadPoolExecutor(max_workers=len(others) + 1) as pool:
        spoken = pool.submit(talks, box, links, each=each)
        ways = dict(zip(nodes, pool.map(lambda node: _way_in(box, node), nodes), strict=True))
        seen = pool.map(lambda one: _asked(box, one[0], one[1], ways.get(one[0].node), each), others)
        found = dict(spoken.result())
        for (one, _), why in zip(others, seen, strict=True):
            if why:
                found.setdefault(one, why)
    return {one: found[one] for one in links if one in found}


def _ports(placed: Placed) -> tuple[int, ...]:
    return placed.link.ports if isinstance(placed.link, Service) else ()


def _way_in(box: Box, node: Node) -> Place | Shell | None:
    """Where lines are typed on a node; None if it is down."""
    inside = box.inside(node)
    return inside or (None if node in box.down() else box.shell(node))


def _asked(box: Box, placed: Placed, question: Line | Look, way: Place | Shell | None, seconds: float) -> str:
    try:
        if isinstance(question, Look):
            return LOOKS[question.name](box, placed.node)
        if way is None:
            return "is down"
        ran = way.run(_line(placed, question, box), timeout=seconds)
        return "" if ran.ok else ran.stdout.strip() or f"does not answer within {seconds:g} s"
    except (IceboxError, OSError) as error:
        return f"can't be asked: {error}"


def _line(placed: Placed, question: Line, box: Box) -> str:
    """The question, and if it fails what systemd says of the unit."""
    units = placed.link.units if isinstance(placed.link, Service) else ()
    unit = units[0].format(vo=box.site.vo) if units else ""
    state = f"systemctl is-active {unit}" if unit else "echo active"
    return (
        f"said=$( {{ {question.text}; }} 2>&1 ) && exit; state=$({state})\n"
        'case $state in active) echo "does not answer: $said" ;; *) echo "is $state" ;; esac; exit 1'
    )
