"""Garbage is not looked for while something is loaded, and only then."""

import gc
from collections.abc import Iterator

import pytest

from harness import garbage


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_loaded_is_left_alone() -> None:
    before = gc.get_freeze_count()
    with garbage.uncollected():
        assert not gc.isenabled()
        loaded = [{number: [number]} for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(loaded)


def test_it_is_looked_for_again_after_an_error() -> None:
    with pytest.raises(ImportError), garbage.uncollected():
        raise ImportError("no such module")
    assert gc.isenabled()
