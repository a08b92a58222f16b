"""Arithmetic of the benchmarks: figures, limits, measuring by turns, merging runs."""

import pytest

from bench import results
from bench.figure import Figure, ratios, rounded
from bench.sampling import by_turns


def test_median_is_held_against_the_limit() -> None:
    figure = Figure("a.ratio", "A", "ratio", (9.0, 2.0, 2.4), limit=2.5)
    assert figure.median == 2.4
    assert figure.met is True
    written = figure.to_json()
    assert (written["min"], written["max"], written["runs"]) == (2.0, 9.0, 3)
    assert (written["limit"], written["met"]) == (2.5, True)


def test_an_aim_is_missed_like_a_limit() -> None:
    assert Figure("a.s", "A", "s", (46.0,), aim=45).met is False


def test_a_figure_without_bound_is_neither_met_nor_missed() -> None:
    figure = Figure("a.s", "A", "s", (1.0,))
    assert figure.met is None
    assert not {"met", "limit", "aim", "note"} & set(figure.to_json())


def test_ratios_pair_what_was_measured_in_turn() -> None:
    assert ratios([4.0, 6.0], [2.0, 2.0]) == (2.0, 3.0)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("value", "expected"), [(2.34567, 2.346), (0.0012345, 0.001234), (123456.0, 123500.0), (0.0, 0.0)]
)
def test_rounding_keeps_four_digits(value: float, expected: float) -> None:
    assert rounded(value) == expected


def test_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str) -> int:
        order.append(name)
        return len(order)

    assert by_turns(2, [lambda: side("a"), lambda: side("b")]) == [[1, 3], [2, 4]]
    assert order == ["a", "b", "a", "b"]


def test_merging_replaces_whole_benchmarks() -> None:
    old = {"figures": [{"id": "a.x"}, {"id": "a.y"}, {"id": "b.x"}], "date": "then"}
    new = {"figures": [{"id": "a.x", "median": 1}], "date": "now"}
    merged = results.merged(old, new)
    assert [figure["id"] for figure in merged["figures"]] == ["b.x", "a.x"]
    assert merged["date"] == "now"
