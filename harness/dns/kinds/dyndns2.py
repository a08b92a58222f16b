"""A dynamic DNS service by the protocol dyndns2, such as no-ip."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from harness.dns import secretfile, validators
from harness.dns.kind import Lapse, Options, ProviderKind

if TYPE_CHECKING:
    from harness.dns.provider import DnsProvider
    from harness.site import DnsSettings

HOST = "dynupdate.no-ip.com"
NO_IP = 30
"""Days after which no-ip takes names of an account that does not pay, unless they are confirmed by hand."""
PASSWORD = "the password of the dynamic DNS service"


def _look(path: Path) -> None:
    secretfile.read(path, PASSWORD)


class Dyndns2(ProviderKind):
    options = {  # noqa: RUF012
        "server": validators.server,
        "port": validators.number(65535),
        "tls": validators.flag,
        "user": validators.text,
        "password_file": validators.text,
        "contact": validators.contact,
        "authority": validators.server,
        "resolver": validators.server,
        "lapse_days": validators.number(3650, least=0),
        "confirmed": validators.day,
    }
    looks = {"password_file": _look}  # noqa: RUF012

    def problems(self, options: Mapping[str, object], _domain: str) -> Iterator[tuple[str, str]]:
        for name in ("user", "password_file"):
            if name not in options:
                yield "", f"the provider dyndns2 needs `{name}`"
        user = options.get("user")
        if isinstance(user, str) and "contact" not in options and (why := validators.contact(user)):
            yield "user", f"{why}; name one with `contact`"

    def lapse(self, settings: DnsSettings) -> Lapse | None:
        server = settings.option("server", HOST)
        days = int(settings.option("lapse_days", str(NO_IP) if server == HOST else "0"))
        confirmed = settings.option("confirmed")
        return Lapse(server, days, date.fromisoformat(confirmed) if confirmed else None) if days else None

    def make(self, options: Options) -> DnsProvider:
        from harness.dns.dyndns2 import Dyndns2Provider
        from harness.dns.update_service import UpdateService

        user, host = options.text("user"), options.get("server", HOST)
        password_file, tls = options.file("password_file"), options.flag("tls", True)
        service = UpdateService(
            user=user,
            password=secretfile.read(password_file, PASSWORD),
            contact=_contact(options, user),
            connect=options.around.connect,
            host=host,
            port=options.number("port", 443 if tls else 80),
            tls=ssl.create_default_context() if tls else None,
            resolver=options.resolver(),
        )
        return Dyndns2Provider(
            service,
            history=options.around.state / f"dyndns2-{host}.json",
            connect=options.around.connect,
            resolver=service.resolver,
            authority=options.server("authority", "authority"),
            account=_account(user, password_file),
        )


def _contact(options: Options, user: str) -> str:
    contact = options.get("contact", user)
    if why := validators.contact(contact):
        raise options.wrong("contact", why)
    return contact


def _account(user: str, password_file: Path) -> str:
    """Tells whether user or password were changed, without a trace of either."""
    changed = password_file.stat().st_mtime_ns
    return hashlib.sha256(f"{user}\n{changed}".encode()).hexdigest()[:16]


KIND = Dyndns2()
