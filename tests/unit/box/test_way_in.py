"""Where commands of root's run on a node: past its sshd where that can be, and through it on a machine."""

import dataclasses
from typing import Any

import pytest

from harness.box.box import Box
from harness.site import Node
from tests.unit.sites import SITE

NODE = SITE.ce


class Asked(Box):
    """A box whose node is what a test says."""

    def __init__(self, inside: Any, *, alive: bool) -> None:
        self._inside, self._alive = inside, alive

    def inside(self, node: Node) -> Any:
        return self._inside

    def down(self) -> list[Node]:
        return [] if self._alive else [dataclasses.replace(NODE, hypervisor="qemu"), NODE]

    def shell(self, node: Node, user: str = "root") -> Any:
        return f"{user}'s shell on {node}"


@pytest.mark.parametrize(
    ("hypervisor", "inside", "alive", "way"),
    [
        ("lxc", "its namespaces", True, "its namespaces"),
        ("lxc", None, True, None),
        ("qemu", None, True, "root's shell on xencenode"),
        ("qemu", None, False, None),
    ],
)
def test_way_in(hypervisor: str, inside: Any, alive: bool, way: Any) -> None:
    assert Asked(inside, alive=alive).way_in(dataclasses.replace(NODE, hypervisor=hypervisor)) == way
