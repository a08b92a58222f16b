"""A box of which nothing is up: what would be typed at its places is kept, or refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address
from typing import cast

from harness.box.box import Box
from harness.command import CommandResult
from harness.ledger import Ledger
from harness.site import Node
from tests.unit.sites import SITE


@dataclass
class Place:
    """Says what was typed, and by ``judge`` whether it succeeds."""

    name: str
    typed: list[tuple[str, str]]
    judge: Callable[[str], bool]
    directory: str = "/run/icebox/school"

    def run(self, text: str, timeout: float = 0.0) -> CommandResult:
        self.typed.append((self.name, text))
        return CommandResult(text, self.name, 0 if self.judge(text) else 1, "", "refused\n", 0.0)

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        self.typed.append((self.name, f"{path} {mode:o} {len(content) > 0}"))


@dataclass
class FakeBox:
    name: str = "school"
    judge: Callable[[str], bool] = lambda _text: True
    typed: list[tuple[str, str]] = field(default_factory=list)
    pace: float = 1.0

    def close(self) -> None:
        """There is nothing to close."""

    def __post_init__(self) -> None:
        self.site = SITE
        self.public_address = IPv4Address("203.0.113.10")

    @cached_property
    def ledger(self) -> Ledger:
        """Made when it is asked for, in the state directory of that test."""
        made = Ledger(self.name)
        made.intend("holder", self.name)
        return made

    @property
    def dom0(self) -> Place:
        return Place("dom0", self.typed, self.judge)

    @property
    def outside(self) -> Place:
        return Place("outside", self.typed, self.judge)

    def inside(self, node: Node) -> Place:
        return Place(str(node.role), self.typed, self.judge)

    @property
    def box(self) -> Box:
        return cast(Box, self)
