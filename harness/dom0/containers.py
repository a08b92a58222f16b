"""Containers at a place, each found by its controller, which is marked by two words of its command line.

The first process of a container is the controller's child; its death ends all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.dom0 import leaders
from harness.dom0.namespace import Inside
from harness.dom0.place import Place

PROGRAM = Path(leaders.__file__)


def firsts(place: Place, label: str) -> Mapping[str, int]:
    """The first process of each container, as the place numbers it, by the word after ``label``."""
    found = (line.split() for line in place.tell(PROGRAM, "firsts", label).splitlines())
    return {token: int(number) for token, number in found}


def inside(place: Place, name: str, label: str, token: str) -> Place | None:
    """A container by its namespaces, for when its network or its sshd is dead; None if there is none."""
    return led(place, name, firsts(place, label).get(token))


def led(place: Place, name: str, first: int | None) -> Place | None:
    """The same, by the number of its first process."""
    return Inside(name, place, first) if first else None


def signal(place: Place, label: str, token: str, number: int, seconds: float) -> bool:
    """Send a signal to the first process of a container; whether that has ended within so many seconds of a
    usual machine."""
    return _signalled(place, "firsts", label, token, number, seconds)


def end_controller(place: Place, label: str, token: str, seconds: float) -> bool:
    """Kill the controller itself, or a daemon marked so; whether it has ended within so many seconds."""
    return _signalled(place, "leaders", label, token, 9, seconds)


def _signalled(place: Place, whom: str, label: str, token: str, number: int, seconds: float) -> bool:
    words = [whom, label, token, str(number), str(place.longer(seconds))]
    return place.tell(PROGRAM, *words, timeout=seconds + leaders.STARTING).strip() == leaders.ENDED
