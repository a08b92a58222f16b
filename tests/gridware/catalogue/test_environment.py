"""What the environment variables of the lcg-* and lfc-* commands mean."""

import pytest

from gridware.catalogue.environment import RETRIES, Environment


@pytest.mark.parametrize(("value", "retries"), [("", RETRIES), ("0", 0), ("5", 5), ("many", RETRIES)])
def test_how_often_to_ask_again(value: str, retries: int) -> None:
    assert Environment({"LFC_CONRETRY": value}).retries == retries


def test_seconds_of_nonsense_are_the_default() -> None:
    assert Environment({"LFC_CONNTIMEOUT": "soon"}).connect_seconds == Environment({}).connect_seconds
    assert Environment({"LFC_CONNTIMEOUT": "2"}).connect_seconds == 2.0
