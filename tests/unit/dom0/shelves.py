"""Shelves of a box ``school``, and a machine with a volume group that has room for one of them."""

from dataclasses import dataclass, field
from pathlib import Path

from harness import state
from harness.dom0.lvm import Group
from harness.dom0.shelf import InDirectory, InGroup, Shelf

MEGABYTE = 1 << 20
SIZES = {"CENode": 40 * MEGABYTE, "CEswap": 8 * MEGABYTE}
TAKEN = {"CENode": 2 * MEGABYTE, "CEswap": 0}
ALL = ["grid/school.CENode", "grid/school.CEswap"]


@dataclass
class Host:
    """A machine with a volume group, of extents of 4 MB: its volumes with their tags, as lvm2 tells them."""

    free: int = 12
    volumes: dict[str, str] = field(default_factory=lambda: {"home": "theirs"})
    active: list[str] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def make(self, name: str, extents: int, tag: str) -> None:
        self.volumes[name.partition("/")[2]] = tag
        self.taken[name] = extents
        self.free -= extents

    def remove(self, name: str, tag: str) -> None:
        own = name.partition("/")[2]
        if self.volumes.get(own) == tag:
            del self.volumes[own]
            self.free += self.taken.pop(name)


def group_of(host: Host) -> Group:
    return Group("grid", "wz--n-", 4 * MEGABYTE, host.free, [*host.volumes])


def in_group(place: str = "grid") -> InGroup:
    return InGroup("school", place, SIZES, TAKEN)


def in_directory(top: Path) -> InDirectory:
    return InDirectory("school", str(top), SIZES, TAKEN)


def filled(made: Shelf, name: str) -> None:
    """The box has had a drive there."""
    link = state.box_dir("school") / "drives/xencenode/scratch"
    link.parent.mkdir(parents=True)
    link.symlink_to(made.path(name))
