"""What a drill comes to: figures, the verdict, and each reason for not passing it."""

import pytest

from harness.drill import page
from harness.drill.matrix import Matrix, line
from tests.unit.drill.results import DISK, GATEKEEPER, noise, result

GOOD = (result(GATEKEEPER), noise())


def test_a_drill_in_which_all_is_found_and_mended_and_nothing_else_is_passed() -> None:
    matrix = Matrix(GOOD, expected=frozenset({"gatekeeper"}))
    assert matrix.passed
    assert (matrix.score, matrix.mended) == (1.0, 1.0)
    assert matrix.words()[-1] == "The drill is passed."


@pytest.mark.parametrize(
    ("why", "matrix"),
    [
        ("a cause is missed", Matrix((*GOOD * 30, result(DISK)))),
        ("more is named than is broken", Matrix((result(GATEKEEPER, DISK),))),
        ("noise is taken for a fault", Matrix((*GOOD, noise(DISK)))),
        ("a remedy does not help", Matrix((result(GATEKEEPER, mended=False),))),
        ("a box is not sound afterwards", Matrix((result(GATEKEEPER, sound=False),))),
        ("a trial could not be held", Matrix((*GOOD * 30, result(trouble="no box", sound=False)))),
        ("a link is broken by no fault", Matrix(GOOD, expected=frozenset({"gatekeeper", "disk"}))),
        ("it was interrupted", Matrix(GOOD, left=1)),
        ("a check is red by no fault", Matrix(GOOD, "validate", expected=frozenset({"CE-1"}))),
    ],
)
def test_a_drill_is_not_passed(why: str, matrix: Matrix) -> None:
    assert not matrix.passed, why
    assert matrix.words()[-1] == "The drill is not passed."


def test_a_fault_without_a_remedy_to_follow_is_no_failure_of_one() -> None:
    assert Matrix((result(GATEKEEPER, mended=None), result(GATEKEEPER))).mended == 1.0


def test_pairs_have_a_measure_of_their_own() -> None:
    pair = result(GATEKEEPER, DISK, wanted=(GATEKEEPER, DISK))
    more = result(GATEKEEPER, DISK, "ssh@xenuinode", wanted=(GATEKEEPER, DISK))
    assert Matrix((pair, pair, pair, more)).passed
    assert not Matrix((*[result(GATEKEEPER)] * 9, result(GATEKEEPER, DISK, "ssh@xenuinode"))).passed


def test_what_is_broken_by_no_fault_is_listed() -> None:
    matrix = Matrix(GOOD, expected=frozenset({"gatekeeper", "disk", "clock"}))
    assert matrix.unbroken == ("clock", "disk")
    assert "links that no fault turns red: clock, disk" in matrix.words()


def test_columns_are_links_or_checks() -> None:
    both = (result(GATEKEEPER, checks=("WN-1", "CE-1")), result(DISK, wanted=(DISK,), checks=("CE-1",)))
    assert Matrix(both).columns == ("gatekeeper", "disk")
    assert Matrix(both, "validate").columns == ("CE-1", "WN-1")


def test_how_long_it_took_and_on_what_machine_is_told() -> None:
    matrix = Matrix((result(GATEKEEPER, took=90.0, load=2.0), noise(), result(DISK, took=30.0, load=7.0)))
    assert (matrix.summary()["minutes"], matrix.summary()["load"]) == (2.0, 3.0)
    assert any(each.startswith("2.0 minutes of trials, at a load of 3.0") for each in matrix.words())


def test_a_line_says_what_was_found_instead() -> None:
    assert line(result(GATEKEEPER)).startswith("ok fault-0")
    assert f"{DISK}, not {GATEKEEPER}" in line(result(DISK))
    assert "not mended as told" in line(result(GATEKEEPER, mended=False))
    assert line(result(trouble="ce: refused\n  why: x", sound=False)).endswith("; ce: refused")


def test_json_has_all_that_the_table_has() -> None:
    content = Matrix(GOOD, seed=3).to_json()
    assert (content["schema"], content["mode"], content["seed"]) == (1, "diagnose", 3)
    assert content["summary"]["found"] == content["summary"]["trials"] == 1
    assert [each["score"] for each in content["results"]] == [1.0, 1.0]


def test_the_page_has_a_row_for_each_trial_and_a_mark_for_each_thing_found() -> None:
    html = page.render(Matrix((*GOOD, result("disk@<b>"))))
    assert html.count("<tr>") == 1 + 3
    assert html.count("■") == 2
    assert "<b>" not in html
    assert "http" not in html


def test_a_link_that_was_broken_by_what_is_beneath_it_is_proven_to_turn_red() -> None:
    held = (result(GATEKEEPER, red=("gatekeeper", "login")),)
    assert Matrix(held, expected=frozenset({"gatekeeper", "login", "match"})).unbroken == ("match",)
