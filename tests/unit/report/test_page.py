"""The verdict page and its drawing, as text; tests/browser looks at them in a browser."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from harness.report.drawing import NARROW, WIDE, draw
from harness.report.page import blocked, code, problems, reason, render, seconds
from harness.report.state import node_state
from harness.report.verdict import CheckResult, Finding, Outcome, Verdict, decide


class Page(HTMLParser):
    """Tags with attributes, and the text outside of style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._style = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style:
            self.words += " " + " ".join(data.split())


def states(verdict: Verdict) -> dict[str, tuple[str, str]]:
    return {
        node["name"]: (node_state(verdict, node).name, node_state(verdict, node).label)
        for node in verdict.box["nodes"]
    }


def test_go(samples):
    page = Page(render(samples.verdict(), run="2026-11-22T18-40-05", allure="allure-report/index.html"))
    for words in ("GO", "The school can start.", "All 29 checks passed.", "2026-11-22T18-40-05", "NET-1"):
        assert words in page.words
    assert "What is wrong" not in page.words
    assert ("a", {"href": "allure-report/index.html"}) in page.tags


def test_the_whole_time_is_told_and_is_no_stage(samples):
    verdict = replace(samples.verdict(), timings={"nodes": 10.0, "checks": 20.0, "total": 36.1})
    page = render(verdict)
    assert "in 36 s" in Page(page).words
    bars = re.findall(r"<dt>(\w+)</dt><span class=\"bar\"><i style=\"width: ([\d.]+)%", page)
    assert bars == [("nodes", "50.0"), ("checks", "100.0")]


def test_a_warning_is_shown_and_the_school_can_start(samples):
    words = " ".join(Page(render(samples.warned())).words.split())
    assert "GO The school can start. All 29 checks passed, 1 with a warning." in words
    assert "Not wrong yet, but worth a look TIME-1 warns xensenode is 41.2 s behind" in words
    assert "What to do: set its clock with chronyc makestep" in words
    assert "TIME-1 Clocks agree warning" in words
    assert "worth a look" not in Page(render(samples.broken())).words


def test_commands_mean_the_box_that_was_checked(samples):
    verdict = samples.checks(SE_1=("failed", "xensenode: no answer", "`./icebox ssh se ls`; then look"))
    page = render(samples.verdict(verdict))
    assert "<code>./icebox ssh --box default se ls</code>" in page


def test_a_warning_of_two_lines_is_a_headline_and_what_to_do(samples):
    verdict = samples.warned()
    [warned] = verdict.warned
    ends = replace(warned, warnings=("2026-12-05: the CRL ends: all is refused\nDo before: `lay it anew`",))
    checks = tuple(ends if check.id == warned.id else check for check in verdict.checks)
    page = render(replace(verdict, checks=checks, until="2026-12-12"))
    assert "<h3>2026-12-05: the CRL ends: all is refused</h3>" in page
    assert "Do before: <code>lay it anew</code></p>" in page
    assert "looking ahead to 2026-12-12" in page


def test_missing_walls_are_shown(samples):
    verdict = samples.verdict()
    walls = ["root of a node is root of its host (so it is)", "no system call is refused to nodes"]
    words = " ".join(
        Page(render(replace(verdict, box={**verdict.box, "missing_walls": walls}))).words.split()
    )
    assert "2 walls between the nodes and their host missing" in words
    for wall in walls:
        assert wall in words
    assert "walls" not in Page(render(verdict)).words


def test_no_go_says_what_failed_and_what_to_do(samples):
    page = Page(render(samples.broken()))
    assert "NO-GO" in page.words
    assert "3 of 29 checks failed, 1 came to no result, 3 could not run because of others." in page.words
    assert "Port 2812 of 203.0.113.10 does not answer from outside (row 14)." in page.words
    assert "What to do: Look at row 14 of gridbox-ports.cfg , then run" in page.words
    assert "xenwnnode: the scheduler says state = down." in page.words
    assert "Could not run because of WN-1: WN-2, WN-3, WN-4" in page.words


def test_thirty_checks_with_one_reason_are_one_problem(samples):
    verdict = samples.lost()
    (problem,) = problems(verdict)
    assert len(problem.checks) == 27
    assert reason(verdict).startswith("27 of 29 checks came to no result. This says nothing about the box")
    assert "./icebox validate" in problem.remedy


def test_trouble_is_told(samples):
    page = Page(render(samples.verdict((), trouble="The run was interrupted.")))
    assert "UNKNOWN" in page.words
    assert "The run was interrupted." in page.words
    assert "No check ran." in page.words


def test_a_finding_speaks_for_the_checks_it_explains(samples):
    finding = Finding(
        "CE-CA", "authority", "xencenode", "The CE lacks the CA", "Copy it.", ("ls: x",), ("CE-1", "CE-3")
    )
    checks = samples.checks(CE_1=("failed", "a"), CE_3=("failed", "b"), SE_1=("failed", "c"))
    verdict = samples.verdict(checks, findings=(finding,))
    assert [problem.headline for problem in problems(verdict)] == ["The CE lacks the CA", "C."]
    assert states(verdict)["xencenode"] == ("failed", "authority")


def test_the_page_needs_nothing_from_elsewhere(samples):
    page = render(samples.broken(16), allure="allure-report/index.html")
    tags = Page(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "object"}
    assert not re.search(r"url\(|@import|https?://", page)
    links = {attributes["href"] for tag, attributes in tags if tag in ("a", "link")}
    assert links == {"allure-report/index.html", "verdict.json", "junit.xml", "data:,"}


def test_what_a_check_says_is_text_and_never_markup(samples):
    verdict = samples.verdict(samples.checks(CE_1=("failed", "<script>alert(1)</script> & `<b>`")))
    page = render(verdict)
    assert "<script" not in page
    assert "<b>`" not in page
    assert "&lt;script&gt;" in page


def test_headings_and_drawing_can_be_read_aloud(samples):
    tags = Page(render(samples.broken())).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    drawings = [attributes["aria-label"] for tag, attributes in tags if attributes.get("role") == "img"]
    assert all("xenwnnode, Worker node, 192.168.1.3: WN-1" in words for words in drawings)
    assert ("html", {"lang": "en"}) in tags


def test_a_verdict_without_a_box_still_makes_a_page():
    check = CheckResult("X-1", "x", "", Outcome.PASSED)
    page = render(Verdict(decide([check]), (check,)))
    assert "The one check passed." in page
    assert "<figure>" not in page


def test_colours_of_nodes(samples):
    assert states(samples.broken()) == {
        "xencenode": ("passed", "3 passed"),
        "xenwnnode": ("failed", "WN-1"),
        "xensenode": ("failed", "SE-1"),
        "xenuinode": ("passed", "3 passed"),
        "xenrbnode": ("untested", "not tested"),
    }


def test_nodes_that_passed_checks_used_are_green_where_no_check_of_their_own_was_wanted(samples):
    used = CheckResult("GUIDE-1", "x", "guide", Outcome.PASSED, nodes=("xencenode", "xensenode"))
    failed = CheckResult("GUIDE-2", "y", "guide", Outcome.FAILED, message="no", nodes=("xenuinode",))
    own = CheckResult("SE-1", "z", "se", Outcome.FAILED)
    shown = states(samples.verdict((used, failed, own)))
    assert shown["xencenode"] == ("passed", "1 passed")
    assert shown["xensenode"] == ("failed", "SE-1")
    assert shown["xenuinode"] == shown["xenrbnode"] == ("untested", "not tested")


def test_only_the_worker_that_is_named_is_red(samples):
    of_workers = {name: state for name, (state, _) in states(samples.broken(16)).items() if "wn" in name}
    assert of_workers.pop("xenwnnode8") == "failed"
    assert set(of_workers.values()) == {"blocked"}


def test_a_failed_check_of_the_whole_box_reddens_the_node_it_names(samples):
    message = "xensenode: the CRL has expired\nxencenode: fine"
    verdict = samples.verdict(samples.checks(CERT_2=("failed", message)))
    assert states(verdict)["xensenode"] == ("failed", "CERT-2")
    assert states(verdict)["xencenode"][0] == "passed"
    lines = {line.title: line.state.name for line in draw(verdict, WIDE).lines}
    assert lines["Certificates"] == "failed"
    assert lines["Clocks"] == "passed"


@pytest.mark.parametrize("form", [WIDE, NARROW], ids=lambda form: form.kind)
@pytest.mark.parametrize("wns", [1, 2, 5, 6, 16, 40])
def test_every_node_has_a_place_of_its_own_within_the_panel(samples, form, wns):
    drawing = draw(samples.verdict(wns=wns), form)
    assert len(drawing.tiles) == 4 + wns
    for number, tile in enumerate(drawing.tiles):
        shape, panel = tile.shape, drawing.panel
        assert panel.x < shape.x
        assert shape.right < panel.right
        assert panel.y < shape.y
        assert shape.bottom < panel.bottom
        for other in (each.shape for each in drawing.tiles[:number]):
            apart = shape.x >= other.right or other.x >= shape.right
            assert apart or shape.y >= other.bottom or other.y >= shape.bottom
    assert drawing.panel.right <= form.width


def test_drawings_are_well_formed(samples):
    page = render(samples.broken(16))
    drawings = re.findall(r'<svg class="drawing.*?</svg>', page, re.DOTALL)
    assert len(drawings) == 2
    for drawing in drawings:
        texts = [element.text for element in ElementTree.fromstring(drawing).iter("text")]
        assert "xenwnnode16" in texts


def test_blocked_checks_without_a_name_for_it(samples):
    verdict = samples.verdict(samples.checks(CE_3=("blocked", "", "", "")))
    assert blocked(verdict) == {"an earlier failure": ["CE-3"]}
    assert verdict.verdict == "unknown"


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0 s"), (1.25, "1.2 s"), (9.96, "10 s"), (44.4, "44 s"), (150, "2 min 30 s")]
)
def test_seconds(value, text):
    assert seconds(value) == text


def test_code_is_what_stands_in_backquotes():
    assert code("run `a b` now") == [(False, "run "), (True, "a b"), (False, " now")]


def test_long_names_are_cut(samples):
    verdict = samples.verdict()
    nodes = [verdict.box["nodes"][0] | {"name": "x" * 40}]
    verdict = replace(verdict, box={**verdict.box, "nodes": nodes})
    assert draw(verdict, WIDE).tiles[0].shown_name.endswith("…")


@pytest.mark.parametrize(
    ("link", "wire", "entry"), [("route", True, False), ("rules", False, True), ("disk", False, False)]
)
def test_the_drawing_shows_a_broken_way_at_the_wire_where_it_is(samples, link, wire, entry):
    node = "" if link == "rules" else "xencenode"
    finding = Finding(f"{link}@{node}", link, node, "It is broken", explains=("CE-1",))
    verdict = samples.verdict(samples.checks(CE_1=("failed", "a")), findings=(finding,))
    drawing = draw(verdict, WIDE)
    assert {tile.name for tile in drawing.tiles if tile.wire == "failed"} == (
        {"xencenode"} if wire else set()
    )
    assert (drawing.entry.name == "failed") is entry
    assert ("stub failed" in render(verdict)) is wire


def test_a_finding_is_told_with_all_that_a_trainer_has_to_know(samples):
    finding = Finding(
        "disk@xensenode",
        "disk",
        "xensenode",
        "the disk of xensenode is full",
        remedy="make room: `du -x /`",
        evidence=("disk of xensenode is full", "0 MB are free"),
        explains=("SE-1",),
        since="2026-11-27 20:00:00",
        probe="df /storage",
        means="no file can be stored",
        stops=("gridftp on xensenode",),
    )
    checks = samples.checks(SE_1=("failed", "a"), SE_2=("blocked", ""))
    degraded = replace(finding, id="path@xenuinode", summary="the network of xenuinode is slow")
    words = Page(render(replace(samples.verdict(checks, findings=(finding,)), degraded=(degraded,)))).words
    for told in (
        "disk is full",
        "2026-11-27",
        "df /storage",
        "No file can be stored",
        "gridftp on xensenode",
    ):
        assert told.replace("disk is", "disk of xensenode is") in words
    assert "One fault is behind 1 of them." in words
    assert "0 MB are free" in words
    assert words.count("disk of xensenode is full") == 1
    assert "the network of xenuinode is slow" in words


def test_what_nothing_explains_says_so(samples):
    checks = tuple(replace(each, finding="unexplained") for each in samples.checks(CE_1=("failed", "a")))
    assert "nothing that CE-1 rests on is broken" in Page(render(samples.verdict(checks))).words
