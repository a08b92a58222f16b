"""Space that will not last."""

from harness.checks.space import SCARCE, scarce


def test_little_is_warned_of() -> None:
    assert list(scarce("xensenode", 1_240_000)) == ["xensenode: 1.2 GB are left to store in, less than 5 GB"]


def test_enough_is_not() -> None:
    assert not list(scarce("xensenode", SCARCE))
