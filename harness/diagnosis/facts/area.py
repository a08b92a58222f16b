"""Facts of the storage area: a member of the VO writes there, and wherever his commands put files."""

from __future__ import annotations

from collections.abc import Iterator

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.image.accounts import pool, software_manager
from harness.site import Node, Role, Site

GENERATED = "generated"
"""Below the area: where lcg-cr puts files that nobody gave a place (gridware/catalogue/names.py)."""
SHUT = (
    "find {area}/generated -maxdepth 1 -type d ! -writable ! -name '*[!A-Za-z0-9._-]*' "
    "-printf '%u %m %p\\n' 2>&1 | head -40"
)
"""Directories in which an account can make no file: one look at each, however many files they have.

Names that lcg-cr does not give are a member's own, and may hold a line as if of another directory.
"""


def _area_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", f'f=$(mktemp {site.storage}/.look.XXXXXX) && rm -f "$f"', f"{site.vo}001"))
    yield Want(node.name, ("files", [site.storage], False))
    yield Want(node.name, ("run", SHUT.format(area=site.storage), f"{site.vo}001"))


def _area(case: Case) -> Iterator[Seen]:
    """A member of the VO can write to its area."""
    said, files, shut = (case.view.got(want) for want in _area_wants(case.site, case.node))
    if said["code"]:
        told = files.get(case.site.storage)
        how = f" (mode {told['mode']:o}, {told['owner']}'s)" if told else ""
        yield Seen(
            f"can't be written to by a member of the VO{how}",
            f"ls -ld {case.site.storage}",
            said["said"].strip(),
            told["changed"] if told else 0.0,
        )
        return
    yield from _shut(case, shut["said"])


def _shut(case: Case, said: str) -> Iterator[Seen]:
    """Where commands put files without being told, members can write; a member's own is his."""
    members = {*pool(case.site.vo), software_manager(case.site.vo)}
    for line in said.splitlines():
        owner, mode, path = (*line.split(" ", 2), "", "")[:3]
        if owner not in members and f"{path}/".startswith(f"{case.site.storage}/{GENERATED}/"):
            yield Seen(
                f"has a directory in which no member can write: {path} (mode {mode}, {owner}'s)",
                f"ls -ld {path}",
                line,
            )


FACTS = (
    Fact(
        name="area",
        plain=True,
        roles=(Role.SE,),
        label="the storage area of {node}",
        wants=_area_wants,
        judge=_area,
        needs=("disk",),
        carries=("transfer",),
        told_by="SE-1",
        means="no file can be stored",
        remedy="`systemd-tmpfiles --create` on {node} lays it anew",
        mends=("systemd-tmpfiles --create",),
    ),
)
