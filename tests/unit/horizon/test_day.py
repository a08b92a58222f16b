"""The day of ``--until``."""

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from harness.horizon import day


def test_a_day_lasts_until_its_end_and_the_usual_one_is_in_a_fortnight() -> None:
    last = day.end(day.until(day.usual()))
    assert last is not None
    assert timedelta(days=13) < last - datetime.now(UTC) < timedelta(days=15)
    assert (last.astimezone().hour, last.astimezone().minute) == (23, 59)


def test_today_is_a_day_to_come() -> None:
    today = datetime.now().astimezone().date().isoformat()
    assert day.until(today) == today


def test_none_is_no_day() -> None:
    assert day.end(day.until("none")) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2001-01-01", "not a day from today"),
        ("9999-12-31", "not a day from today"),
        ("2026-02-30", "neither a day"),
        ("soon", "neither a day"),
        ("", "neither a day"),
        ("9" * 5000, "neither a day"),
    ],
)
def test_other_words_are_refused_in_a_line(text: str, why: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=why) as error:
        day.until(text)
    assert len(str(error.value)) < 120
