"""``--until`` as pytest takes it: the day that a check looks ahead to, or no such check at all."""

from datetime import datetime, timedelta

import pytest

pytest_plugins = ["pytester"]

CHECKS = """
import pytest

@pytest.mark.horizon
def test_ahead(last_day):
    print(f"until {last_day.astimezone():%Y-%m-%d %H:%M:%S}")

def test_other(): pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest('pytest_plugins = ["fixtures.horizon"]')
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider\nmarkers =\n  horizon: for fixtures.horizon\n")
    pytester.makepyfile(CHECKS)
    return pytester


def days_from_now(days: int) -> str:
    return (datetime.now().astimezone().date() + timedelta(days=days)).isoformat()


def test_a_day_lasts_to_its_end(project: pytest.Pytester) -> None:
    done = project.runpytest("-s", f"--until={days_from_now(30)}")
    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines([f"*until {days_from_now(30)} 23:59:59*"])


def test_without_one_it_is_in_a_fortnight(project: pytest.Pytester) -> None:
    done = project.runpytest("-s")
    done.stdout.fnmatch_lines([f"*until {days_from_now(14)} 23:59:59*"])


def test_none_leaves_out_what_looks_ahead(project: pytest.Pytester) -> None:
    done = project.runpytest("-v", "--until=none")
    done.assert_outcomes(passed=1)
    assert "test_ahead" not in done.stdout.str()


def test_a_day_that_is_over_is_refused_before_anything_runs(project: pytest.Pytester) -> None:
    done = project.runpytest("--until=2001-01-01")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*--until: '2001-01-01' is not a day from today*"])
