"""A move of the dom0's address, also after one that was killed halfway, with the host's own ``ip``."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.dom0 import uplink
from tests.integration.network.netns import Namespace, cable

HOME, HALFWAY, ELSEWHERE = (IPv4Address(text) for text in ("203.0.113.10", "198.51.100.7", "198.51.100.8"))


@dataclass(frozen=True)
class Place:
    """What a move asks of a machine: to run a script."""

    namespace: Namespace

    def run(self, script: str) -> Any:
        said = self.namespace.run("sh", "-c", script)
        return SimpleNamespace(check=lambda: said)


@pytest.fixture
def dom0() -> Iterator[Any]:
    """A dom0 at HOME, and the outside."""
    with ExitStack() as stack:
        inner, outer = (stack.enter_context(Namespace(name)) for name in ("dom0", "outside"))
        cable(inner, uplink.DEVICE, outer, uplink.FAR_END)
        outer.ip(f"address add {uplink.OUTSIDE}/32 dev {uplink.FAR_END}")
        made = SimpleNamespace(place=Place(inner), outside=Place(outer))
        move(made, HOME)
        yield made


def move(dom0: Any, address: IPv4Address) -> None:
    uplink.move(cast(Any, dom0.place), cast(Any, dom0.outside), address)


def addresses(dom0: Any) -> list[str]:
    said = dom0.place.namespace.ip(f"-o -4 address show dev {uplink.DEVICE}")
    return [line.split()[3] for line in said.splitlines()]


def routes(dom0: Any) -> list[str]:
    said = dom0.outside.namespace.ip(f"-4 route show dev {uplink.FAR_END}")
    return [line.split()[0] for line in said.splitlines()]


def test_the_address_follows_a_move(dom0: Any) -> None:
    for address in (ELSEWHERE, ELSEWHERE, HOME):
        move(dom0, address)
        assert (addresses(dom0), routes(dom0)) == ([f"{address}/32"], [str(address)])
        with pytest.raises(ConnectionRefusedError):  # so somebody is there
            dom0.outside.namespace.connect(str(address), 9, 20.0)


@pytest.mark.parametrize("address", [HOME, HALFWAY, ELSEWHERE])
@pytest.mark.parametrize("lost", [False, True])
def test_a_move_that_was_killed_is_mended_by_the_next(dom0: Any, address: IPv4Address, lost: bool) -> None:
    dom0.outside.namespace.ip(f"route replace {HALFWAY} dev {uplink.FAR_END} src {uplink.OUTSIDE}")
    dom0.place.namespace.ip(f"address replace {HALFWAY}/32 dev {uplink.DEVICE}")
    if lost:
        dom0.place.namespace.ip(f"address delete {HOME}/32 dev {uplink.DEVICE}")
        dom0.outside.namespace.ip(f"route delete {HOME} dev {uplink.FAR_END}")
    move(dom0, address)
    assert (addresses(dom0), routes(dom0)) == ([f"{address}/32"], [str(address)])
