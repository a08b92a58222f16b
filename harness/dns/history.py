"""What a dyndns2 service said last, kept in a file so that no later run hammers the service."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from harness import durable
from harness.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
EVERY_HOST = "*"
"""Stands for all names of an account."""


@dataclass(frozen=True)
class Success:
    """The service has this address; ``when`` in seconds since the epoch."""

    address: IPv4Address
    when: float


@dataclass(frozen=True)
class Stop:
    """The service said no; nothing is sent again with the same ``account``."""

    code: str
    account: str
    """Who asked, as ``Dyndns2Provider`` tells accounts apart; holds no secret."""
    when: float


@dataclass
class History:
    """Successes and stops by host name, and the time before which nothing may be sent."""

    path: Path
    successes: dict[str, Success] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    retry_at: float = 0.0

    @classmethod
    def load(cls, path: Path) -> History:
        """The history in ``path``; an empty one if there is none.  Raises InputError if it is damaged."""
        try:
            raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if raw["schema"] != SCHEMA:
                raise ValueError(f"schema {raw['schema']}, not {SCHEMA}")
            return cls(
                path,
                {name: Success(IPv4Address(at), when) for name, (at, when) in raw["successes"].items()},
                {name: Stop(*stop) for name, stop in raw["stops"].items()},
                float(raw["retry_at"]),
            )
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                "the record of earlier DNS updates can't be used",
                where=str(path),
                why=f"{type(error).__name__}: {error}",
                remedy="delete it, if no update was sent within the last 30 minutes",
            ) from error

    def save(self) -> None:
        """Replace the file in one step; raises HostError."""
        raw = {
            "schema": SCHEMA,
            "successes": {name: (str(one.address), one.when) for name, one in self.successes.items()},
            "stops": {name: (stop.code, stop.account, stop.when) for name, stop in self.stops.items()},
            "retry_at": self.retry_at,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(self.path, json.dumps(raw, indent=1, sort_keys=True), 0o600)
