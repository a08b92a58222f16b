"""Views that are made up, and what a fact says of them."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from harness.box.box import Box
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Case, Fact, Seen, View
from harness.services.graph import Graph
from harness.site import Role, Site

Answers = Callable[[str, tuple[Any, ...]], Any]
"""What a look at a place came to, by its words."""


def judged(site: Site, name: str, role: Role | None, answers: Answers) -> list[Seen]:
    """What a fact says of the first node of a role, or of the dom0."""
    node = site.of(role)[0] if role else None
    placed = next(
        each for each in Graph(site, "box", ALL).all if each.link.name == name and each.node == node
    )
    fact = cast(Fact, placed.link)
    seen: dict[str, dict[str, dict[str, Any]]] = {}
    for want in fact.wants(site, node):
        seen.setdefault(want.place, {})[json.dumps(want.words)] = {"got": answers(want.place, want.words)}
    box = cast(Box, SimpleNamespace(site=site, public_address=site.public_address))
    return list(fact.seen(Case(box, node, View(seen))))
