"""DAGs and collections: when a node may go, and what its parent's state is.

The nodes are ordinary jobs with ids, sandboxes and retries of their own. HTCondor's DAGMan is not used for
the order: it is one process for each DAG, wants all nodes in one directory, and would run the PRE and POST
scripts of members on RB.
"""

from __future__ import annotations

from dataclasses import dataclass

from gridware.jdl.attributes import whole
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.job import DAG, Job, State
from gridware.wms.broker.store import Store
from gridware.wms.matching import parse

_ACTIVE = (State.SUBMITTED, State.WAITING, State.READY, State.SCHEDULED, State.RUNNING)


@dataclass(frozen=True)
class Hold:
    """Why a node does not go yet; false when it may. ``failed``: it never will."""

    waits: bool = False
    failed: str = ""

    def __bool__(self) -> bool:
        return self.waits or bool(self.failed)


def dependencies(jdl: str) -> dict[str, set[str]]:
    """The nodes that each node of a DAG waits for, by name.

    ``Dependencies = { {"a", "b"}, { {"a", "b"}, "c" } }``: the first of a pair comes before the second.
    """
    ad = parse(jdl)
    pairs = ad.eval("Dependencies") if "Dependencies" in ad else []
    found: dict[str, set[str]] = {}
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2:
            for child in _names(pair[1]):
                found.setdefault(child, set()).update(_names(pair[0]))
    return found


def held_back(store: Store, job: Job) -> Hold:
    """Does a node wait for other nodes of its DAG, or for a place among those running at once?"""
    parent = store.job(job.parent) if job.parent else None
    if parent is None or parent.kind != DAG:
        return Hold()
    siblings = {child.node: child for child in store.children(parent.id)}
    wanted = [siblings[name] for name in dependencies(parent.jdl).get(job.node, ()) if name in siblings]
    for before in wanted:
        if before.state in (State.ABORTED, State.CANCELLED) or (before.state.ended and before.exit_code != 0):
            return Hold(failed=f"the node {before.node} before it has failed: {before.reason}")
    limit = _limit(parent.jdl)
    busy = sum(child.state in (State.READY, State.SCHEDULED, State.RUNNING) for child in siblings.values())
    return Hold(any(not before.state.ended for before in wanted) or bool(limit and busy >= limit))


def settle(books: Bookkeeping) -> None:
    """Bring the parents in line with their nodes."""
    for parent in books.store.compounds(_ACTIVE):
        if parent.started:
            _settle_one(books, parent)


def _settle_one(books: Bookkeeping, parent: Job) -> None:
    children = books.store.children(parent.id)
    if not children:
        return
    if all(child.state.ended for child in children):
        bad = [
            child for child in children if child.state in (State.ABORTED, State.CANCELLED) or child.exit_code
        ]
        if not bad:
            books.finished(parent, State.DONE, "Job terminated successfully")
        elif all(child.state is State.CANCELLED for child in children):
            books.cancelled(parent, parent.owner)
        elif parent.kind == DAG or all(child.state is State.ABORTED for child in children):
            books.aborted(
                parent, f"{len(bad)} of {len(children)} nodes failed, first {bad[0].node}: {bad[0].reason}"
            )
        else:
            reason = f"{len(bad)} of {len(children)} nodes failed"
            books.finished(parent, State.DONE, reason, failure=reason)
    elif parent.state is not State.RUNNING and any(child.state is State.RUNNING for child in children):
        books.compound_runs(parent)


def _names(value: object) -> list[str]:
    return (
        [value]
        if isinstance(value, str)
        else [str(item) for item in value]
        if isinstance(value, list)
        else []
    )


def _limit(jdl: str) -> int:
    ad = parse(jdl)
    return whole(ad, "max_running_nodes") or whole(ad, "Max_Nodes_Running")
