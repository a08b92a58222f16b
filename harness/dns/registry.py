"""Which providers there are, and how each is made from the table ``[dns]`` of the site file."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.dns import secretfile
from harness.dns.conversation import Server
from harness.dns.dyndns2 import Dyndns2Provider
from harness.dns.hosts import HostsProvider
from harness.dns.rfc2136 import TTL, Rfc2136Provider
from harness.dns.settings import OPTIONS
from harness.dns.tsig import TsigKey
from harness.dns.update_service import HOST, UpdateService
from harness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.dns.provider import Connect, DnsProvider
    from harness.site import DnsSettings


@dataclass(frozen=True)
class Surroundings:
    """What a provider has to know beside its settings."""

    domain: str
    """The site's domain."""
    base: Path
    """Directory of the site file; relative paths start there."""
    state: Path
    """Directory of the box for what has to be remembered."""
    connect: Connect
    box: str = "icebox"
    resolver: str = ""
    """The resolver of the place, unless the settings name one."""


def make_provider(settings: DnsSettings, surroundings: Surroundings) -> DnsProvider:
    """The provider that the settings ask for.  Raises InputError that names the option at fault."""
    options = _Options(settings, surroundings)
    make = _MAKERS.get(settings.provider)
    if make is None:
        raise options.wrong("provider", f"{settings.provider!r} is none of {', '.join(_MAKERS)}")
    options.check_known(frozenset(OPTIONS[settings.provider]))
    return make(options)


@dataclass(frozen=True)
class _Options:
    settings: DnsSettings
    around: Surroundings

    def wrong(self, option: str, why: str) -> InputError:
        return InputError(
            f"the DNS option `{option}` is wrong or missing",
            where="[dns] of the site file",
            why=why,
            remedy="docs/site-file.md shows the options of each provider",
        )

    def check_known(self, names: frozenset[str]) -> None:
        for name, _ in self.settings.options:
            if name not in names:
                known = ", ".join(sorted(names))
                raise self.wrong(name, f"the provider {self.settings.provider} has only {known}")

    def text(self, name: str) -> str:
        value = self.settings.option(name)
        if not value:
            raise self.wrong(name, f"the provider {self.settings.provider} needs it")
        return value

    def number(self, name: str, default: int, most: int = 65535) -> int:
        value = self.settings.option(name, str(default))
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
            raise self.wrong(name, f"{value!r} is not a number from 1 to {most}")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.settings.option(name, str(default)).lower()
        if value not in ("true", "false"):
            raise self.wrong(name, f"{value!r} is neither true nor false")
        return value == "true"

    def file(self, name: str) -> Path:
        return self.around.base / self.text(name)

    def server(self, name: str, part: str, default: str = "") -> Server | None:
        address = self.settings.option(name, default)
        return Server(address, part) if address else None

    def resolver(self) -> Server | None:
        return self.server("resolver", "resolver", self.around.resolver)


def _rfc2136(options: _Options) -> DnsProvider:
    return Rfc2136Provider(
        zone=options.settings.option("zone", options.around.domain),
        authority=Server(options.text("server"), "authority", options.number("port", 53)),
        key=TsigKey.read(options.file("key_file")),
        connect=options.around.connect,
        resolver=options.resolver(),
        ttl=options.number("ttl", TTL, most=86400),
    )


def _dyndns2(options: _Options) -> DnsProvider:
    user, host = options.text("user"), options.settings.option("server", HOST)
    password_file = options.file("password_file")
    password = secretfile.read(password_file, "the password of the dynamic DNS service")
    tls = options.flag("tls", True)
    resolver = options.resolver()
    service = UpdateService(
        user=user,
        password=password,
        contact=_contact(options, user),
        connect=options.around.connect,
        host=host,
        port=options.number("port", 443 if tls else 80),
        tls=ssl.create_default_context() if tls else None,
        resolver=resolver,
    )
    return Dyndns2Provider(
        service,
        record=options.around.state / f"dyndns2-{host}.json",
        connect=options.around.connect,
        resolver=resolver,
        authority=options.server("authority", "authority"),
        account=_account(user, password_file),
    )


def _contact(options: _Options, user: str) -> str:
    contact = options.settings.option("contact", user)
    if "@" not in contact or not contact.isprintable() or " " in contact:
        raise options.wrong("contact", "services block programs that don't give a mail address to write to")
    return contact


def _account(user: str, password_file: Path) -> str:
    """Tells whether user or password were changed, without a trace of either."""
    changed = password_file.stat().st_mtime_ns
    return hashlib.sha256(f"{user}\n{changed}".encode()).hexdigest()[:16]


def _hosts(options: _Options) -> DnsProvider:
    path = Path(options.settings.option("file", "/etc/hosts"))
    return HostsProvider(options.around.base / path, block=f"icebox {options.around.box}")


_MAKERS: dict[str, Callable[[_Options], DnsProvider]] = {
    "rfc2136": _rfc2136,
    "dyndns2": _dyndns2,
    "hosts": _hosts,
}
