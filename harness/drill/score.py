"""How good a diagnosis is, as ITBench scores one: nothing without every true cause, else its precision."""

from __future__ import annotations

from collections.abc import Collection

from harness.faults.fault import Fault
from harness.site import Role, Site


def wanted(faults: Collection[Fault], site: Site) -> frozenset[str]:
    """Ids of the findings that must come of these faults: ``gatekeeper@xencenode``."""
    return frozenset(_id(fault, site) for fault in faults if fault.finding)


def score(causes: Collection[str], named: Collection[str]) -> float:
    """0 if a cause is missed, else the part of ``named`` that are causes; 1 if there is neither.

    ITBench (arXiv:2502.05352) scores root causes so, that naming everything is not worth anything.
    """
    if not set(causes) <= set(named):
        return 0.0
    return len(set(causes)) / len(set(named)) if named else 1.0


def _id(fault: Fault, site: Site) -> str:
    if fault.where not in {*Role}:
        return fault.link
    at = site.of(Role(fault.where))[0].name
    return f"{fault.link}@{at}"
