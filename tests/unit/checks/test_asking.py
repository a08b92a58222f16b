"""A name service that gives no answer is a fault as a wrong answer is."""

from collections.abc import Iterator

from harness.checks import asking
from harness.dns.errors import DnsError


def test_what_it_says_and_that_it_says_nothing_are_faults() -> None:
    def some() -> Iterator[str]:
        yield "ce leads elsewhere"
        raise DnsError("the name server does not answer", where="name service 203.0.113.53")

    assert list(asking.faults(some)) == [
        "asked from the dom0: ce leads elsewhere",
        "asked from the dom0: name service 203.0.113.53: the name server does not answer",
    ]
