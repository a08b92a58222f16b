"""The figures that have a limit, drawn: each a bar, with its limit as the line all share."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from bench import text

WIDTH, ROW, TOP = 760, 34, 34
NAMES = 330
"""Pixels that the names take."""
LINE = 590
"""Where the limit stands; a bar of half the limit ends half way to it."""
FARTHEST = 740
GOOD, BAD, INK, PALE = "#2e7d4f", "#b3372e", "#24292f", "#8c959f"


def svg(figures: Sequence[Mapping[str, Any]]) -> str:
    """An SVG picture of the figures that have a limit or an aim."""
    bounded = [figure for figure in figures if "met" in figure]
    height = TOP + ROW * len(bounded) + 14
    root = ElementTree.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=str(WIDTH),
        height=str(height),
        attrib={"font-family": "sans-serif", "font-size": "13"},
    )
    ElementTree.SubElement(root, "rect", width="100%", height="100%", fill="#ffffff")
    _label(root, LINE, 18, "limit", PALE, anchor="middle")
    for number, figure in enumerate(bounded):
        _row(root, TOP + number * ROW, figure)
    line = {"stroke": PALE, "stroke-dasharray": "4 3"}
    ElementTree.SubElement(
        root, "line", x1=str(LINE), x2=str(LINE), y1=str(TOP - 8), y2=str(height - 10), attrib=line
    )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def length(figure: Mapping[str, Any]) -> int:
    """Pixels of a figure's bar."""
    bound: float = figure.get("limit", figure.get("aim"))
    median: float = figure["median"]
    return min(round((LINE - NAMES) * median / bound), FARTHEST - NAMES)


def _row(root: ElementTree.Element, y: int, figure: Mapping[str, Any]) -> None:
    _label(root, NAMES - 8, y + 15, figure["title"].replace("`", ""), INK, anchor="end")
    colour = GOOD if figure["met"] else BAD
    bar = ElementTree.SubElement(root, "rect", x=str(NAMES), y=str(y), width=str(length(figure)), height="20")
    bar.set("fill", colour)
    shown = f"{text.value(figure['median'], figure['unit'])}  ({text.bound(figure)})"
    inside = length(figure) > 150
    _label(root, NAMES + (8 if inside else length(figure) + 6), y + 15, shown, "#ffffff" if inside else INK)


def _label(
    root: ElementTree.Element, x: int, y: int, words: str, colour: str, *, anchor: str = "start"
) -> None:
    label = ElementTree.SubElement(root, "text", x=str(x), y=str(y), fill=colour)
    label.set("text-anchor", anchor)
    label.text = words
