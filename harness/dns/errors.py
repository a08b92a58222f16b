"""What can go wrong between a box and its names."""

from __future__ import annotations

from harness.errors import HarnessError, InputError


class DnsError(HarnessError):
    """A name server or update service did not do its part; asking again later may help.

    ``not_before`` is when it may be asked again, in seconds since the epoch; 0 for at any time.
    """

    not_before = 0.0


class DnsRefusedError(InputError):
    """A name server or update service said no, and will until a person changes something."""
