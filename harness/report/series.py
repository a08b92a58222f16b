"""Many checks in few words: those of a series, such as CE-1, CE-2 and CE-3, as ``CE-1 to 3``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence


def told(ids: Iterable[str]) -> str:
    """Checks' ids in order, with the gaps that they have; an id without a number stands for itself."""
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    alone = set()
    for each in ids:
        name, _, number = each.rpartition("-")
        if name and number.isdecimal():
            numbers[name].add(int(number))
        else:
            alone.add(each)
    series = [text for name in sorted(numbers) for text in _series(name, sorted(numbers[name]))]
    return ", ".join([*series, *sorted(alone)])


def _series(name: str, numbers: Sequence[int]) -> Iterator[str]:
    first = numbers[0]
    for number in numbers:
        if number + 1 not in numbers:
            yield f"{name}-{first}" if first == number else f"{name}-{first} to {number}"
            first = next((later for later in numbers if later > number), number)
