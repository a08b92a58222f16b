"""Security: what root of a node can't do to the host, tried as somebody would who became root there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.access.shell import Shell
from harness.box.box import Box
from harness.checks import notice, together
from harness.checks.marks import SEC_4
from harness.expect import expect_none
from harness.probes import doors
from harness.site import Node

REMEDY = "without it, trust whom you let in (docs/security.md says what a host needs)"
PROGRAM = Path(doors.__file__).read_text()


def tried(root: Shell, group: str) -> Iterator[tuple[bool, str]]:
    """Whether each try of a group was refused, and what it was."""
    for line in root.run(f"python3 -I - {group}", stdin=PROGRAM).check().stdout.splitlines():
        said, what, _ = line.split("\t")
        yield said == "refused", what


@SEC_4
@pytest.mark.parametrize("group", ["calls", "host"])
def test_shut(request: pytest.FixtureRequest, box: Box, group: str) -> None:
    if group == "host" and (missing := box.machines.missing_walls()):
        notice.warn(request.node, [f"{node}: {wall}" for node in box.site.nodes for wall in missing], REMEDY)
        return

    def faults(node: Node) -> Iterator[str]:
        root = box.shell(node)
        assert not any(refused for refused, _ in tried(root, "able")), f"root of {node} can do nothing at all"
        yield from (f"{node}: root can {what}" for refused, what in tried(root, group) if not refused)

    expect_none(
        together.problems(box.site.nodes, faults),
        "root of a node gets at the host",
        remedy="`./icebox restore NODE /usr/lib/icebox/init`, then `./icebox stop` and `./icebox start`: "
        "nodes get their walls when they start",
    )
