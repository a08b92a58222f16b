"""What is wrong with names as a name service tells them; one that does not answer is no harness' trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from harness.dns.errors import DnsError


def faults(ask: Callable[[], Iterable[str]]) -> Iterator[str]:
    """What ``ask`` finds, and that it got no answer."""
    try:
        yield from (f"asked from the dom0: {fault}" for fault in ask())
    except DnsError as error:
        yield f"asked from the dom0: {error.where}: {error.what}"
