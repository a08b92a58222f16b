"""Which part of the box is red: the checks and findings of a verdict, sorted by node and by group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report import roles
from harness.report.verdict import CheckResult, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_LABEL = 12
"""Characters of a label; ids that take more are counted instead of named."""
UNTESTED = "untested"
WIRES = frozenset({"address", "route", "path", "reach", "outbound", "names", "ranges"})
"""Links that are a node's way to the others: where one is broken, the wire is that leads there."""
ENTRY = frozenset({"uplink", "forwarding", "rules", "dns", "door"})
"""Links that are the way in from outside."""


@dataclass(frozen=True)
class State:
    """How a part of the box is, and in a few words why."""

    name: str
    """An outcome, or ``untested``."""
    label: str
    short: str = ""
    """The label for a small space."""


@dataclass(frozen=True)
class Group:
    """The checks of one role."""

    role: str
    title: str
    checks: tuple[CheckResult, ...]

    @property
    def state(self) -> State:
        return state_of(self.checks)

    @property
    def seconds(self) -> float:
        return sum(check.seconds for check in self.checks)


def groups(verdict: Verdict) -> tuple[Group, ...]:
    """The checks by role, in the order of a report."""
    present = sorted({check.role for check in verdict.checks}, key=lambda role: (roles.position(role), role))
    return tuple(
        Group(role, roles.title(role), tuple(check for check in verdict.checks if check.role == role))
        for role in present
    )


def state_of(checks: Iterable[CheckResult], findings: Iterable[str] = ()) -> State:
    """The worst of ``checks`` decides; ``findings`` are ids of findings, each of which is red."""
    by_outcome: dict[Outcome, list[str]] = {}
    for check in checks:
        by_outcome.setdefault(check.outcome, []).append(check.id)
    # A finding is the reason of the failed checks, so it speaks for them.
    red = list(findings) or by_outcome.get(Outcome.FAILED, [])
    if red:
        return State(Outcome.FAILED, _ids(red), red[0] if len(red) == 1 else f"{len(red)} failed")
    for outcome in (Outcome.UNKNOWN, Outcome.BLOCKED):
        if outcome in by_outcome:
            return State(outcome, f"{len(by_outcome[outcome])} {outcome}", outcome)
    passed = len(by_outcome.get(Outcome.PASSED, ()))
    return State(Outcome.PASSED, f"{passed} passed", "") if passed else State(UNTESTED, "not tested", "")


def node_state(verdict: Verdict, node: Mapping[str, str]) -> State:
    """How one node is.

    A check concerns the nodes of its role.  If the first line of its message names some of them, it concerns
    only those; if its role has no nodes of its own, it concerns those named and leaves the others alone.
    Where no other check was wanted (``--quick``), those that used the node and passed speak for it.
    """
    checks = [check for check in verdict.checks if node["name"] in _concerned(verdict, check)]
    if not checks:
        used = (check for check in verdict.checks if node["name"] in check.nodes)
        checks = [check for check in used if check.outcome is Outcome.PASSED]
    names = {node["name"], node.get("fqdn", "")}
    return state_of(checks, [finding.link for finding in verdict.findings if finding.node in names])


def wire_state(verdict: Verdict, node: Mapping[str, str]) -> str:
    """``failed`` where the way to a node is broken; else empty."""
    names = {node["name"], node.get("fqdn", "")}
    broken = any(finding.link in WIRES and finding.node in names for finding in verdict.findings)
    return Outcome.FAILED.value if broken else ""


def entry_state(verdict: Verdict) -> State:
    """How the way in from outside is: network and names together."""
    broken = [finding.link for finding in verdict.findings if finding.link in ENTRY]
    return state_of((check for check in verdict.checks if check.role in ("net", "dns")), broken)


def box_groups(verdict: Verdict) -> tuple[Group, ...]:
    """The groups that are about the box and not about the nodes of a role."""
    return tuple(group for group in groups(verdict) if group.role not in roles.NODES)


def _concerned(verdict: Verdict, check: CheckResult) -> set[str]:
    nodes = verdict.box.get("nodes", ())
    # The lines after the first are what was seen, in which innocent nodes may be named, too.
    headline = check.message.partition("\n")[0]
    named = {node["name"] for node in nodes if re.search(rf"\b{re.escape(node['name'])}\b", headline)}
    if check.role not in roles.NODES:
        return named if check.outcome is Outcome.FAILED else set()
    own = {node["name"] for node in nodes if node["role"] == roles.NODES[check.role]}
    return named & own or own


def _ids(ids: list[str]) -> str:
    named = ", ".join(ids)
    return named if len(named) <= LONGEST_LABEL or len(ids) == 1 else f"{len(ids)} failed"
