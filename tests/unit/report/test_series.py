"""Checks in few words."""

import pytest

from harness.report import series


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([], ""),
        (["CE-1"], "CE-1"),
        (["CE-2", "CE-1"], "CE-1 to 2"),
        (["SEC-1", "CAT-1", "CAT-3", "CAT-2"], "CAT-1 to 3, SEC-1"),
        (["WN-10", "WN-9", "WN-2", "WN-1", "WN-4"], "WN-1 to 2, WN-4, WN-9 to 10"),
        (["odd", "CE-x", "CE-3"], "CE-3, CE-x, odd"),
        (["CE-3", "CE-3"], "CE-3"),
    ],
)
def test_told(ids: list[str], words: str) -> None:
    assert series.told(ids) == words
