"""What a kind of DNS provider says of itself: its options, what is wrong with some, and how one is made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from harness.dns.validators import Validator
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.dns.connection import Server
    from harness.dns.provider import Connect, DnsProvider
    from harness.site import DnsSettings

Look = Callable[[Path], None]
"""Looks at a file that an option names; raises InputError."""


@dataclass(frozen=True)
class ProviderContext:
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


@dataclass(frozen=True)
class Lapse:
    """That a service gives names away which nobody has confirmed for long."""

    service: str
    days: int
    confirmed: date | None
    """When that was done last; None if nobody has told."""


class ProviderKind(ABC):
    """One kind.

    Its module is loaded when a site file is read, before anything is installed: what it imports beside the
    standard library it imports in ``make``.
    """

    options: ClassVar[Mapping[str, Validator]]
    """The options, and who says what is wrong with a value."""
    looks: ClassVar[Mapping[str, Look]] = {}
    """Options that name a file, and who looks at it."""
    heard_inside: ClassVar[bool] = True
    """Whether name servers have what it is told; if not, the box's own tells its nodes."""

    def problems(self, _options: Mapping[str, object], _domain: str) -> Iterator[tuple[str, str]]:
        """Options that don't fit each other, or an empty name, and why."""
        yield from ()

    def is_the_boxes_own(self, _settings: DnsSettings) -> bool:
        """Whether the name server is part of the box, and its records end with it."""
        return False

    def is_told_outside(self, settings: DnsSettings) -> bool:
        """Whether name servers outside of the box have the names, and laptops hear of them by these."""
        return self.heard_inside and not self.is_the_boxes_own(settings)

    def lapse(self, _settings: DnsSettings) -> Lapse | None:
        """When the names are lost, beside what is done about it; None if they stay."""
        return None

    @abstractmethod
    def make(self, options: Options) -> DnsProvider:
        """The provider that the options ask for; raises InputError by ``Options.wrong``."""


@dataclass(frozen=True)
class Options:
    """The settings of one provider, and where it is."""

    settings: DnsSettings
    around: ProviderContext

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

    def get(self, name: str, default: str = "") -> str:
        return self.settings.option(name, default)

    def text(self, name: str) -> str:
        value = self.get(name)
        if not value:
            raise self.wrong(name, f"the provider {self.settings.provider} needs it")
        return value

    def number(self, name: str, default: int, most: int = 65535) -> int:
        value = self.get(name, str(default))
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
            raise self.wrong(name, f"{value!r} is not a number from 1 to {most}")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.get(name, str(default)).lower()
        if value not in ("true", "false"):
            raise self.wrong(name, f"{value!r} is neither true nor false")
        return value == "true"

    def file(self, name: str) -> Path:
        return self.around.base / self.text(name)

    def server(self, name: str, part: str, default: str = "") -> Server | None:
        from harness.dns.connection import Server

        address = self.get(name, default)
        return Server(address, part) if address else None

    def resolver(self) -> Server | None:
        return self.server("resolver", "resolver", self.around.resolver)
