"""This build against another: the table, and what is counted as a run's processor time."""

import json
import subprocess
from pathlib import Path

import pytest

from bench import __main__, builds, compare, usage
from bench.compare import Row
from harness.errors import InputError


def test_a_ratio_is_the_median_of_the_pairs() -> None:
    row = Row("validate", "s", (100.0, 200.0, 100.0), (40.0, 140.0, 60.0), limit=0.5)
    assert row.ratio == pytest.approx(0.6)
    assert row.met is False
    assert "NOT met" in row.line()


@pytest.mark.parametrize(("here", "met"), [(1.7, True), (1.71, False)])
def test_a_figure_may_have_a_bound_of_its_own(here: float, met: bool) -> None:
    assert Row("bring-up ÷ bare start", "", (2.4,), (here,), most=1.7).met is met
    assert Row("checks", "", (62.0,), (here,)).met is None


def test_figures_are_written(tmp_path: Path) -> None:
    output = tmp_path / "reports" / "compare.json"
    options = compare.parser().parse_args(["abc", "--output", str(output)])
    compare.write([Row("validate", "s", (100.0,), (40.0,), limit=0.5)], options)
    content = json.loads(output.read_text())
    assert content["revision"] == "abc"
    assert content["rows"] == [
        {"title": "validate", "unit": "s", "there": [100.0], "here": [40.0], "ratio": 0.4, "met": True}
    ]


@pytest.mark.parametrize("words", [["abc", "--pairs", "0"], ["abc", "--pairs", "x"], []])
def test_wrong_words_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main(["compare", *words])
    assert ended.value.code == 2
    assert "compare" in capsys.readouterr().err


def test_a_revision_that_git_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no revision"), builds.other("no-such-revision", tmp_path):
        pass
    assert not (tmp_path / "other").exists()


def test_what_commands_and_new_boxes_used_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def box(name: str, microseconds: int) -> None:
        # Whole at once, as the kernel makes it: somebody looks meanwhile.
        group = tmp_path / f"{name}.partial"
        group.mkdir()
        (group / "cpu.stat").write_text(f"usage_usec {microseconds}\nuser_usec 1\n")
        group.rename(tmp_path / f"icebox-{name}.{'0' * 16}")

    monkeypatch.setattr(usage.cgroup, "unified", lambda: tmp_path)
    monkeypatch.setattr(usage, "_children", iter([10.0, 12.0]).__next__)
    box("before", 7_000_000)
    (tmp_path / "somebody-else").mkdir()
    with usage.measured() as used:
        box("new", 3_000_000)
        box("second", 500_000)
    assert used.seconds == pytest.approx(2.0 + 3.5)


def test_processes_that_were_waited_for_are_counted() -> None:
    before = usage._children()
    subprocess.run(["python3", "-IS", "-c", "sum(range(3_000_000))"], check=True)
    assert usage._children() > before
