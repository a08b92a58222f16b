"""The table [dns] of a site file: the options of each provider, and what they can be.

All of it is judged with the site file, before anything is made, the files that it names included.  Standard
library only: the launcher reads the site file before anything is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from harness import givenfile
from harness.dns import secretfile
from harness.dns.tsig import TsigKey
from harness.errors import IceboxError, shown

Value = str | int | bool
Judge = Callable[[Value], str]
"""Says why a value is wrong; an empty text if it is right."""

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
LONGEST_TEXT = 255
MOST_TTL = 86400
"""Seconds: a day."""


def _server(value: Value) -> str:
    text = str(value)
    if isinstance(value, bool | int):
        return f"{shown(value)} is neither an address nor a name"
    if re.fullmatch(r"[0-9.]+", text):
        try:
            IPv4Address(text)
        except AddressValueError:
            return f"{shown(value)} is not an IPv4 address"
        return ""
    return (
        "" if HOST.fullmatch(text.lower()) else f"{shown(value)} is neither an IPv4 address nor a host's name"
    )


def _domain(value: Value) -> str:
    return "" if HOST.fullmatch(str(value)) else f"{shown(value)} is not a domain"


def _text(value: Value) -> str:
    if not isinstance(value, str):
        return f"must be text, not {shown(value)}"
    if not value or len(value) > LONGEST_TEXT or not value.isprintable():
        return f"{shown(value)} is no text of 1 to {LONGEST_TEXT} characters"
    return ""


def _contact(value: Value) -> str:
    text = str(value)
    if _text(value) or "@" not in text or " " in text or not text.isascii():
        return "services block programs that don't give a mail address to write to"
    return ""


def _flag(value: Value) -> str:
    good = isinstance(value, bool) or str(value).lower() in ("true", "false")
    return "" if good else f"{shown(value)} is neither true nor false"


def _number(most: int) -> Judge:
    def judge(value: Value) -> str:
        text = str(value) if isinstance(value, str) else shown(value)
        good = re.fullmatch(r"[0-9]{1,9}", text) and 1 <= int(text) <= most
        return "" if good else f"{shown(value)} is not a number from 1 to {most}"

    return judge


OPTIONS: Mapping[str, Mapping[str, Judge]] = {
    "rfc2136": {
        "server": _server,
        "port": _number(65535),
        "zone": _domain,
        "key_file": _text,
        "resolver": _server,
        "ttl": _number(MOST_TTL),
    },
    "dyndns2": {
        "server": _server,
        "port": _number(65535),
        "tls": _flag,
        "user": _text,
        "password_file": _text,
        "contact": _contact,
        "authority": _server,
        "resolver": _server,
    },
    "hosts": {"file": _text},
}
"""Each provider's options."""
PROVIDERS = tuple(OPTIONS)
WITH_SERVER = ("port", "key_file")
"""Options of rfc2136 that say something of a server of one's own."""


@dataclass(frozen=True)
class Settings:
    """What stands in [dns] beside the provider, and where: ``base`` is the site file's directory."""

    provider: str
    options: Mapping[str, object]
    domain: str
    base: Path

    def problems(self, *, files: bool) -> Iterator[tuple[str, str]]:
        """Each option at fault, or an empty name, and why; with ``files`` what they name is looked at."""
        judges = OPTIONS[self.provider]
        for name, value in self.options.items():
            if name not in judges:
                yield name, f"unknown option; the provider {self.provider} has {', '.join(judges)}"
            elif not isinstance(value, str | int | bool):
                yield name, f"must be text or a number, not {shown(value)}"
            elif why := judges[name](value):
                yield name, why
        yield from getattr(self, f"_{self.provider}")()
        if files:
            yield from self._files()

    def _rfc2136(self) -> Iterator[tuple[str, str]]:
        if "server" not in self.options:
            for name in WITH_SERVER:
                if name in self.options:
                    yield name, "belongs to a server of your own: name that with `server`"
        elif "key_file" not in self.options:
            yield "", "the provider rfc2136 needs `key_file` for its `server`"
        zone = self.options.get("zone", self.domain)
        if self.domain != zone and not self.domain.endswith(f".{zone}"):
            yield "zone", f"the site's domain {shown(self.domain)} does not lie in {shown(zone)}"

    def _dyndns2(self) -> Iterator[tuple[str, str]]:
        for name in ("user", "password_file"):
            if name not in self.options:
                yield "", f"the provider dyndns2 needs `{name}`"
        user = self.options.get("user")
        if isinstance(user, str) and "contact" not in self.options and (why := _contact(user)):
            yield "user", f"{why}; name one with `contact`"

    def _hosts(self) -> Iterator[tuple[str, str]]:
        return iter(())

    def _files(self) -> Iterator[tuple[str, str]]:
        for name, look in LOOKS.items():
            given = self.options.get(name)
            if name in OPTIONS[self.provider] and isinstance(given, str) and not _text(given):
                try:
                    look(self.base / given)
                except IceboxError as error:
                    told = f"{error.where}: {error.what}" if error.where else error.what
                    yield name, "; ".join(filter(None, (told, error.why, error.remedy)))


def _key(path: Path) -> None:
    TsigKey.read(path)


def _password(path: Path) -> None:
    secretfile.read(path, "the password of the dynamic DNS service")


def _hosts_file(path: Path) -> None:
    if path.exists() or not path.parent.is_dir():
        givenfile.read(path, "the hosts file", remedy="make its directory")


LOOKS: Mapping[str, Callable[[Path], None]] = {
    "key_file": _key,
    "password_file": _password,
    "file": _hosts_file,
}
"""Options that name a file, and how it is looked at; each raises InputError."""
