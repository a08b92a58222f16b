"""The table [dns] of a site file, as its kind of provider has it, and all that is wrong with it.

All of it is judged with the site file, before anything is made, the files that it names included.  Standard
library only: the launcher reads the site file before anything is installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.dns.kinds import KINDS
from harness.dns.validators import text
from harness.errors import IceboxError, shown


@dataclass(frozen=True)
class Settings:
    """What stands in [dns] beside the provider, and where: ``base`` is the site file's directory."""

    provider: str
    options: Mapping[str, object]
    domain: str
    base: Path

    def problems(self, *, files: bool) -> Iterator[tuple[str, str]]:
        """Each option at fault, or an empty name, and why; with ``files`` what they name is looked at."""
        judges = KINDS.of(self.provider).options
        for name, value in self.options.items():
            if name not in judges:
                yield name, f"unknown option; the provider {self.provider} has {', '.join(judges)}"
            elif not isinstance(value, str | int | bool):
                yield name, f"must be text or a number, not {shown(value)}"
            elif why := judges[name](value):
                yield name, why
        yield from KINDS.of(self.provider).problems(self.options, self.domain)
        if files:
            yield from self._files()

    def _files(self) -> Iterator[tuple[str, str]]:
        for name, look in KINDS.of(self.provider).looks.items():
            given = self.options.get(name)
            if isinstance(given, str) and not text(given):
                try:
                    look(self.base / given)
                except IceboxError as error:
                    told = f"{error.where}: {error.what}" if error.where else error.what
                    yield name, "; ".join(filter(None, (told, error.why, error.remedy)))
