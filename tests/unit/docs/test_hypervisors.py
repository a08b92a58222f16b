"""The table of hypervisors says what their classes say."""

import dataclasses

from harness.virt.kinds import KINDS
from tests.unit.docs.pages import ROOT, rows
from tests.unit.sites import SITE

PAGE = (ROOT / "docs/hypervisors.md").read_text()
HEAD = ("lxc", "qemu", "xen")


def row(begin: str) -> dict[str, str]:
    """The cells of a row of the table, by the hypervisor of each column."""
    assert f"\n| | {' | '.join(HEAD)} |\n" in PAGE
    [cells] = [cells for cells in rows(PAGE) if cells[0].startswith(begin)]
    return dict(zip(HEAD, cells[1:], strict=True))


def test_every_kind_has_a_column() -> None:
    assert set(row("a way in without")) == set(KINDS.all())


def test_which_stand_still() -> None:
    assert row("[suspended]") == {
        name: "yes" if kind.SUSPENDS else "no" for name, kind in KINDS.all().items()
    }


def test_whose_memory_is_saved() -> None:
    for name, said in row("its memory on the disk").items():
        nodes = [dataclasses.replace(node, hypervisor=name) for node in SITE.nodes]
        saved = [node.role.value.upper() for node in nodes if KINDS.of(name).saves(node)]
        assert said == {0: "no", len(nodes): "yes"}.get(len(saved), ", ".join(saved))


def test_how_much_memory_a_node_has() -> None:
    for name, said in row("memory of a node").items():
        told = {KINDS.of(name).memory(node) for node in SITE.nodes}
        assert all(f"{each} MB" in said for each in told if each), said
