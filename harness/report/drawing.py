"""The drawing of the box: outside, dom0, bridge and nodes, with the place and state of each.

Lengths are in the units of the drawing's own view box, which equal pixels at full width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.report import roles
from harness.report.state import State, box_groups, entry_state, node_state, wire_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.report.verdict import Verdict

MANY = 6
"""From this many worker nodes on, they are drawn small."""
LONGEST_NAME = 24
BOLD = 0.7
"""Width of a bold letter in its own height: that of the widest common screen font."""
PAD = 14
TRUNK = 16
"""From the panel's edge to the line that joins its rows."""
HEADER = 46
GAP = 10
STUB = 14
DOM0_HEADER = 116
LINE = 21
"""Height of one line in the dom0's list of groups."""


@dataclass(frozen=True)
class Shape:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Tile:
    """One node."""

    shape: Shape
    name: str
    role: str
    address: str
    state: State
    small: bool
    wire: str = ""
    """State of the way to it, if that is broken."""

    @property
    def shown_name(self) -> str:
        return self.name if len(self.name) <= LONGEST_NAME else f"{self.name[: LONGEST_NAME - 1]}…"

    @property
    def name_size(self) -> float:
        """Height of the name's letters with which it fits."""
        room = self.shape.width - (18 if self.small else 24)
        return round(min(12.5 if self.small else 15.5, room / (BOLD * len(self.shown_name))), 1)


@dataclass(frozen=True)
class Row:
    """Tiles side by side, hanging from a branch of the bridge at height ``y``."""

    y: float
    tiles: tuple[Tile, ...]

    @property
    def end(self) -> float:
        return self.tiles[-1].shape.middle


@dataclass(frozen=True)
class GroupLine:
    """One line in the dom0: a group of checks about the whole box."""

    y: float
    title: str
    state: State


@dataclass(frozen=True)
class Format:
    """Measures of a drawing for one kind of screen."""

    kind: str
    width: float
    outside: float
    dom0: float
    """Widths of the two boxes before the bridge; zero puts them above it, at full width."""
    columns: int
    small_columns: int


WIDE = Format("wide", 980, 150, 216, 3, 3)
NARROW = Format("narrow", 360, 0, 0, 2, 2)


@dataclass(frozen=True)
class Drawing:
    """Everything the template needs to draw."""

    format: Format
    height: float
    outside: Shape
    dom0: Shape
    panel: Shape
    lines: tuple[GroupLine, ...]
    rows: tuple[Row, ...]
    entry: State
    """State of the way in from outside: network and names together."""
    box: Mapping[str, Any]

    @property
    def tiles(self) -> tuple[Tile, ...]:
        return tuple(tile for row in self.rows for tile in row.tiles)

    @property
    def words(self) -> str:
        """The drawing for those who cannot see it."""
        nodes = (f"{tile.name}, {tile.role}, {tile.address}: {tile.state.label}" for tile in self.tiles)
        return "; ".join([*(f"{line.title}: {line.state.label}" for line in self.lines), *nodes]) + "."


def draw(verdict: Verdict, form: Format) -> Drawing:
    """Lay the box out for one kind of screen; needs ``box`` with ``nodes`` (docs/verdict.md)."""
    dom0_height = DOM0_HEADER + LINE * len(box_groups(verdict))
    if form.dom0:
        outside, dom0 = _beside(form, dom0_height)
        left, top = dom0.right + 44, 0.0
    else:
        outside = Shape(0, 0, form.width, 64)
        dom0 = Shape(0, outside.bottom + 52, form.width, dom0_height)
        left, top = 0.0, dom0.bottom + 30
    rows = tuple(_rows(verdict, form, left, top))
    bottom = rows[-1].tiles[0].shape.bottom + PAD if rows else top + HEADER + PAD
    height = max(bottom, dom0.bottom)
    panel = Shape(left, top, form.width - left, height - top)
    lines = _lines(verdict, dom0)
    return Drawing(form, height, outside, dom0, panel, lines, rows, entry_state(verdict), verdict.box)


def _beside(form: Format, dom0_height: float) -> tuple[Shape, Shape]:
    dom0 = Shape(form.outside + 96, 0, form.dom0, dom0_height)
    return Shape(0, 20, form.outside, 88), dom0


def _lines(verdict: Verdict, dom0: Shape) -> tuple[GroupLine, ...]:
    return tuple(
        GroupLine(dom0.y + DOM0_HEADER + LINE * index, group.title, group.state)
        for index, group in enumerate(box_groups(verdict))
    )


def _rows(verdict: Verdict, form: Format, left: float, top: float) -> Iterator[Row]:
    nodes = verdict.box.get("nodes", ())
    workers = [node for node in nodes if node["role"] == "wn"]
    many = len(workers) >= MANY
    large = [node for node in nodes if node not in workers] if many else nodes
    few = (large, form.columns, False)
    lots = (workers if many else (), form.small_columns, True)
    y = top + HEADER
    for some, columns, small in (few, lots):
        for start in range(0, len(some), columns):
            row = _row(verdict, some[start : start + columns], _Slots(form, left, y, columns, small))
            yield row
            y = row.tiles[0].shape.bottom + GAP


@dataclass(frozen=True)
class _Slots:
    """Where the tiles of one row go."""

    form: Format
    left: float
    y: float
    columns: int
    small: bool

    def shape(self, column: int) -> Shape:
        first = self.left + TRUNK + PAD
        width = (self.form.width - PAD - first - GAP * (self.columns - 1)) / self.columns
        return Shape(first + column * (width + GAP), self.y + STUB, width, 44 if self.small else 88)


def _row(verdict: Verdict, nodes: Sequence[Mapping[str, str]], slots: _Slots) -> Row:
    tiles = (
        Tile(
            shape=slots.shape(column),
            name=node["name"],
            role=roles.NODE_TITLES.get(node["role"], node["role"].upper()),
            address=node["address"],
            state=node_state(verdict, node),
            small=slots.small,
            wire=wire_state(verdict, node),
        )
        for column, node in enumerate(nodes)
    )
    return Row(slots.y, tuple(tiles))
