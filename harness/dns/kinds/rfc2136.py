"""Updates of a zone by RFC 2136: of the box's own name server, or of one that the site has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.dns import validators
from harness.dns.kind import Options, ProviderKind
from harness.dns.tsig import TsigKey
from harness.errors import shown

if TYPE_CHECKING:
    from harness.dns.provider import DnsProvider
    from harness.site import DnsSettings

MOST_TTL = 86400
"""Seconds: a day."""
WITH_SERVER = ("port", "key_file")
"""Options that say something of a server of one's own."""


def _look(path: Path) -> None:
    TsigKey.read(path)


class Rfc2136(ProviderKind):
    options = {  # noqa: RUF012
        "server": validators.server,
        "port": validators.number(65535),
        "zone": validators.domain,
        "key_file": validators.text,
        "resolver": validators.server,
        "ttl": validators.number(MOST_TTL),
    }
    looks = {"key_file": _look}  # noqa: RUF012

    def problems(self, options: Mapping[str, object], domain: str) -> Iterator[tuple[str, str]]:
        if "server" not in options:
            for name in WITH_SERVER:
                if name in options:
                    yield name, "belongs to a server of your own: name that with `server`"
        elif "key_file" not in options:
            yield "", "the provider rfc2136 needs `key_file` for its `server`"
        zone = options.get("zone", domain)
        if domain != zone and not domain.endswith(f".{zone}"):
            yield "zone", f"the site's domain {shown(domain)} does not lie in {shown(zone)}"

    def is_the_boxes_own(self, settings: DnsSettings) -> bool:
        return not settings.option("server")

    def make(self, options: Options) -> DnsProvider:
        from harness.dns.connection import Server
        from harness.dns.rfc2136 import TTL, Rfc2136Provider

        return Rfc2136Provider(
            zone=options.get("zone", options.around.domain),
            authority=Server(options.text("server"), "authority", options.number("port", 53)),
            key=TsigKey.read(options.file("key_file")),
            connect=options.around.connect,
            resolver=options.resolver(),
            ttl=options.number("ttl", TTL, most=MOST_TTL),
        )


KIND = Rfc2136()
