"""The verdict page as a trainer sees it, at a desk and on a phone."""

from dataclasses import replace
from itertools import product

import pytest

from harness.report.page import render
from harness.report.roles import NODES, TITLES
from harness.report.verdict import CheckResult, Outcome
from tests.unit.report.samples import Samples

pytestmark = pytest.mark.browser

SEEN = "{text: document.body.innerText, window: innerWidth, page: document.documentElement.scrollWidth}"
WIDTHS = (1280, 500)
# Every label of a node against the frame of its tile; in the drawing's own lengths.
OVERFLOWING = """
[...document.querySelectorAll('svg.drawing g.tile')].filter(tile => tile.getBoundingClientRect().width)
  .flatMap(tile => [...tile.querySelectorAll('text')]
    .filter(text => text.getBBox().x + text.getBBox().width > tile.querySelector('rect').getBBox().x
      + tile.querySelector('rect').getBBox().width)
    .map(text => text.textContent))
"""
# A group of checks about the whole box, with what stands behind its title on the same line.
CLOSE = """
[...document.querySelectorAll('svg.drawing g.failed:not(.tile)')]
  .filter(line => line.getBoundingClientRect().width)
  .map(line => [...line.querySelectorAll('text')]).filter(texts => texts.length == 2)
  .map(([title, state]) => [title.textContent, state.getBBox().x - title.getBBox().x - title.getBBox().width])
"""
CASES = {
    "go": Samples().verdict(),
    "go with a warning": Samples().warned(),
    "no-go": Samples().broken(),
    "unknown": Samples().lost(),
    "no-go with 16 WNs": Samples().broken(16),
    "long names": Samples().verdict(),
}
for number, each in enumerate(CASES["long names"].box["nodes"]):
    each["name"] = "gridbox-" + "storage" * number


@pytest.fixture(scope="module", params=product(CASES, WIDTHS), ids=lambda param: f"{param[0]}, {param[1]}")
def looked_at(request, browser, tmp_path_factory):
    """A page in a window: what is seen of it, and labels that are wider than their tiles."""
    case, width = request.param
    path = tmp_path_factory.mktemp("page") / "verdict.html"
    path.write_text(render(CASES[case], run="2026-11-22T18-40-05", allure="report.html"))
    return browser.probe(path, f"[{SEEN}, {OVERFLOWING.strip()}]", width=width)


def test_it_fits_its_window(looked_at):
    seen, _ = looked_at
    assert seen["page"] <= seen["window"]
    assert seen["text"].count("Every command and its output") == 1


def test_labels_stay_within_their_tiles(looked_at):
    _, overflowing = looked_at
    assert overflowing == []


@pytest.mark.parametrize("width", WIDTHS)
def test_titles_of_groups_leave_room_for_what_failed(browser, tmp_path, width):
    groups = [role for role in TITLES if role not in NODES]
    failed = (CheckResult(f"{role}-1".upper(), "", role, Outcome.FAILED) for role in groups)
    path = tmp_path / "verdict.html"
    path.write_text(render(replace(CASES["no-go"], checks=tuple(failed))))
    room = dict(browser.probe(path, CLOSE, width=width))
    assert room.keys() == {TITLES[role] for role in groups}
    assert [title for title, between in room.items() if between < 4] == []


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("go", ["GO", "The school can start.", "All 29 checks passed.", "globus-job-run prints"]),
        ("go with a warning", ["GO", "1 with a warning", "xensenode is 41.2 s behind", "makestep"]),
        ("no-go", ["NO-GO", "Every WN is free", "What to do: Start the batch client", "WN-2, WN-3, WN-4"]),
        ("unknown", ["UNKNOWN", "27 of 29 checks came to no result", "ssh did not", "./icebox validate"]),
    ],
)
def test_what_a_trainer_reads(browser, tmp_path, case, expected):
    path = tmp_path / "verdict.html"
    path.write_text(render(CASES[case]))
    text = browser.probe(path, SEEN)["text"]
    assert [words for words in expected if words not in text] == []


def test_one_drawing_is_shown_and_the_broken_node_is_red(browser, tmp_path):
    path = tmp_path / "verdict.html"
    path.write_text(render(CASES["no-go"]))
    shown = """[...document.querySelectorAll('svg.drawing')].filter(d => d.clientWidth).map(d =>
      [...d.querySelectorAll('g.tile')].map(t =>
        [t.querySelector('.name').textContent, getComputedStyle(t.querySelector('rect')).stroke]))"""
    (tiles,) = browser.probe(path, shown)
    colours = dict(tiles)
    assert colours["xenwnnode"] == colours["xensenode"] == "rgb(179, 38, 30)"
    assert colours["xencenode"] != colours["xenwnnode"]
