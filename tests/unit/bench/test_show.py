"""Rendering of the figures: the page's tables and the drawing."""

from xml.etree import ElementTree

import pytest

from bench import drawing, show, text
from bench.figure import Figure
from bench.registry import BENCHES
from harness.errors import HarnessError

MACHINE = {
    "cores": 2,
    "cpu": "some processor",
    "memory_mb": 25000,
    "system": "Debian",
    "kernel": "6.1",
    "python": "3.11",
    "load": 0.1,
    "commit": "abc",
}


def content() -> dict[str, object]:
    figures = [
        Figure("bringup.ratio", "bring-up", "ratio", (2.0, 2.2, 2.1), limit=2.5),
        Figure("image.packed", "image", "MB", (180.0,), limit=150, note="200 packages"),
        Figure("boxes.1.seconds", "one", "s", (3.0,)),
        Figure("boxes.1.pss", "one", "MB", (130.0,)),
        Figure("boxes.8.seconds", "eight", "s", (24.0,)),
    ]
    return {
        "schema": 1,
        "date": "today",
        "runs": 3,
        "machine": MACHINE,
        "figures": [figure.to_json() for figure in figures],
    }


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        (2.1, "ratio", "2.1"),
        (47.26, "MB", "47.3 MB"),
        (1234.5, "s", "1234 s"),
        (0.034, "s", "0.034 s"),
        (0.9, "share", "90%"),
    ],
)
def test_values_read_well(number: float, unit: str, expected: str) -> None:
    assert text.value(number, unit) == expected


def test_limits_say_met_or_not() -> None:
    rendered = show.part("limits", content())
    assert "| bring-up | 2.1 | at most 2.5 | met |" in rendered
    assert "| image | 180 MB | at most 150 MB | NOT met |" in rendered
    assert "one" not in rendered


def test_a_table_shows_ranges_and_notes() -> None:
    assert "| bring-up | 2.1 | 2 – 2.2 |" in show.part("bringup", content())
    assert "image: 200 packages." in show.part("image", content())


def test_scale_has_a_row_for_each_size() -> None:
    rendered = show.part("scale boxes", content()).splitlines()
    assert rendered[2] == "| 1 | 3 s |  | 130 MB |  |"
    assert rendered[3].startswith("| 8 | 24 s |")


def test_only_marked_parts_of_the_page_change() -> None:
    old = "<!-- bench: limits -->\nold\n<!-- end -->\n\nmine\n\n<!-- bench: machine -->\n<!-- end -->\n"
    new = show.page(old, content())
    assert "old" not in new
    assert "\nmine\n" in new
    assert "2 cores (some processor)" in new
    assert show.page(new, content()) == new


def test_what_was_measured_earlier_stands_with_its_own_machine() -> None:
    run = {
        "of": ["bringup", "boxes"],
        "date": "yesterday",
        "runs": 1,
        "machine": {**MACHINE, "commit": "before"},
    }
    now, earlier = show.part("machine", {**content(), "earlier": [run]}).split("\n\n")
    assert now.startswith("Measured on today: ")
    assert "commit abc." in now
    assert earlier.startswith("Earlier: bringup, boxes, measured on yesterday: ")
    assert earlier.endswith("commit before.")


def test_a_mark_nobody_knows_is_an_error() -> None:
    assert "Not measured" in show.part("wns", content())
    with pytest.raises(HarnessError, match="no benchmark 'nothing'"):
        show.part("nothing", content())


def test_the_page_shows_every_benchmark() -> None:
    marks = {
        found["name"].split()[-1] for found in show.MARKED.finditer(show.PAGE.read_text(encoding="utf-8"))
    }
    assert marks == {"machine", "limits", *(bench.name for bench in BENCHES)}


def test_the_drawing_has_a_bar_for_each_limit() -> None:
    figures = content()["figures"]
    root = ElementTree.fromstring(drawing.svg(figures))  # type: ignore[arg-type]
    bars = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("height") == "20"]
    assert [bar.get("fill") for bar in bars] == [drawing.GOOD, drawing.BAD]
    assert int(bars[0].get("width", 0)) < drawing.LINE - drawing.NAMES < int(bars[1].get("width", 0))
