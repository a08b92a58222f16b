"""When the stages of a validate began and ended, by the lines it shows."""

import sys
from pathlib import Path

import pytest

from bench.timeline import Mark, Timeline, watch
from bench.validaterun import STAGES, stages
from harness.errors import HarnessError

SHOWN = (
    (1.0, "  … certificates and layers"),
    (1.5, "  ✓ certificates and layers  0.5 s"),
    (1.5, "  … dom0"),
    (1.7, "  ✓ dom0  0.2 s"),
    (1.7, "  … outside and names"),
    (1.8, "  ✓ outside and names  60 ms"),
    (1.8, "  … 5 nodes"),
    (3.8, "  ✓ 5 nodes  2.0 s"),
    (5.0, "  ✓ CE-1    globus-job-run reaches the CE  1.2 s"),
    (9.0, "  ✗ WN-3    a job is seen running, then done  1 min 02 s"),
    (11.0, "  … remove"),
    (11.5, "  ✓ remove  0.5 s"),
    (11.6, "NO GO"),
)
TIMELINE = Timeline(tuple(Mark(at, text) for at, text in SHOWN), 12.0, 1)


def test_stages_add_up_to_the_whole() -> None:
    found = stages(TIMELINE)
    assert tuple(found) == STAGES
    assert sum(found.values()) == pytest.approx(12.0)
    assert found["nodes"] == pytest.approx(2.0)
    assert found["checks"] == pytest.approx(5.2)
    assert found["workers end"] == pytest.approx(2.0)


def test_a_run_without_a_box_of_its_own_has_no_such_stages() -> None:
    found = stages(Timeline((Mark(4.0, "  ✓ CE-1    it runs  1.0 s"),), 5.0, 0))
    assert (found["nodes"], found["checks"], found["report and verdict"]) == (0.0, 4.0, 1.0)


def test_watching_takes_down_every_line(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('  … dom0', file=sys.stderr)"
    timeline = watch([sys.executable, "-c", code], tmp_path / "log")
    assert [mark.text for mark in timeline.marks] == ["  … dom0"]
    assert (tmp_path / "log").read_text().startswith("out\n")


def test_an_unexpected_end_is_an_error_with_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="exit code 2") as error:
        watch([sys.executable, "-c", "import sys; sys.exit('no'  and 2)"], tmp_path / "log")
    assert str(tmp_path / "log") in str(error.value)
