"""Arithmetic of the benchmarks: figures, limits, measuring by turns, merging runs."""

from typing import Any

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
    merged = results.merged(ran("then", "a.x", "a.y", "b.x"), ran("now", "a.x"))
    assert [figure["id"] for figure in merged["figures"]] == ["b.x", "a.x"]
    assert merged["date"] == "now"


def test_what_stays_is_told_with_the_run_and_the_machine_it_is_of() -> None:
    first = ran("first", "a.x", "b.x", "c.x")
    second = results.merged(first, ran("second", "b.x"))
    third = results.merged(second, ran("third", "c.x"))
    for merged, runs in (
        (second, [("first", ["a", "c"])]),
        (third, [("first", ["a"]), ("second", ["b"])]),
        (results.merged(third, first), []),
    ):
        assert [(run["date"], run["of"]) for run in merged["earlier"]] == runs
        assert all(run["machine"]["commit"] == run["date"] for run in merged["earlier"])


def ran(date: str, *figures: str) -> dict[str, Any]:
    found = [{"id": each} for each in figures]
    return {"date": date, "machine": {"commit": date}, "runs": 2, "figures": found}
