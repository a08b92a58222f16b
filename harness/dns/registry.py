"""From the table ``[dns]`` of the site file to a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dns.kind import Options
from harness.dns.kinds import KINDS

if TYPE_CHECKING:
    from harness.dns.kind import Lapse, ProviderContext
    from harness.dns.provider import DnsProvider
    from harness.site import DnsSettings


def make_provider(settings: DnsSettings, surroundings: ProviderContext) -> DnsProvider:
    """The provider that the settings ask for.  Raises InputError that names the option at fault."""
    options = Options(settings, surroundings)
    if settings.provider not in KINDS.names():
        raise options.wrong("provider", f"{settings.provider!r} is none of {', '.join(KINDS.names())}")
    kind = KINDS.of(settings.provider)
    options.check_known(frozenset(kind.options))
    return kind.make(options)


def lapse_of(settings: DnsSettings) -> Lapse | None:
    """When names of a site are lost although its provider has them; None if they are not."""
    return KINDS.of(settings.provider).lapse(settings)
