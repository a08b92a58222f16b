"""The return codes of the dyndns2 protocol and what a client must do about each.

From no-ip's integration pages and DynDNS' update API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from ipaddress import AddressValueError, IPv4Address

RETRY_SECONDS = 30 * 60
"""The least time between a failure of the service and the next try."""


class Action(Enum):
    """What a return code makes the client do."""

    RECORD = "record the address"
    STOP_HOST = "send nothing for this host until a person has acted"
    STOP_ALL = "send nothing at all until a person has acted"
    RETRY = "send nothing for half an hour"


@dataclass(frozen=True)
class Meaning:
    """A return code in words."""

    action: Action
    why: str = ""
    remedy: str = ""

    @property
    def is_for_all(self) -> bool:
        """True if it is about the account or the service, not about one host."""
        return self.action in (Action.STOP_ALL, Action.RETRY)


_MEANINGS = {
    "good": Meaning(Action.RECORD),
    "nochg": Meaning(Action.RECORD),
    "nohost": Meaning(
        Action.STOP_HOST,
        "the account has no such host",
        "make the host at the service, or correct the site's names",
    ),
    "notfqdn": Meaning(
        Action.STOP_HOST, "this is no complete host name", "correct the site's domain and names"
    ),
    "numhost": Meaning(
        Action.STOP_ALL, "these are too many hosts for one update", "ask the service how many it takes"
    ),
    "badauth": Meaning(
        Action.STOP_ALL, "user name or password is wrong", "correct `user` in [dns] or the password file"
    ),
    "badagent": Meaning(
        Action.STOP_ALL,
        "the service has blocked this program",
        "set `contact` in [dns] to your mail address and ask the service",
    ),
    "!donator": Meaning(
        Action.STOP_ALL, "the account has not paid for something asked for", "look at the account's plan"
    ),
    "abuse": Meaning(
        Action.STOP_ALL, "the host or account is blocked for abuse", "ask the service to lift the block"
    ),
    "911": Meaning(Action.RETRY, "the service has trouble"),
    "dnserr": Meaning(Action.RETRY, "the service's name server has trouble"),
}
_IGNORED = Meaning(
    Action.STOP_ALL,
    "the service ignored the request and said 127.0.0.1",
    "set `contact` in [dns] and ask the service",
)
_UNKNOWN = Meaning(
    Action.RETRY, "the protocol has no such reply", "see that `server` in [dns] speaks dyndns2"
)
_LINE = re.compile(r"(?P<code>[!\w]+)(?:\s+(?P<address>\S+))?\s*")
_LOOPBACK = IPv4Address("127.0.0.1")


@dataclass(frozen=True)
class ReturnCode:
    """One line of a reply."""

    code: str
    address: IPv4Address | None = None

    @classmethod
    def parse(cls, line: str) -> ReturnCode:
        match = _LINE.fullmatch(line)
        if match is None:
            return cls(line.strip())
        return cls(match["code"], _address(match["address"]))

    @property
    def meaning(self) -> Meaning:
        if self.code == "good" and self.address == _LOOPBACK:
            return _IGNORED
        return _MEANINGS.get(self.code, _UNKNOWN)

    def points_past(self, address: IPv4Address) -> bool:
        """True if the service names another address than it was asked for."""
        return self.address is not None and self.address != address

    def __str__(self) -> str:
        return f"{self.code} {self.address}" if self.address else self.code


def of_status(status: int) -> ReturnCode | None:
    """The return code that an HTTP status stands for; None if the body has to be read."""
    if status == 200:
        return None
    if status in (401, 403):
        return ReturnCode("badauth")
    if status == 429 or status >= 500:
        return ReturnCode("911")
    return ReturnCode(f"HTTP {status}")


def _address(text: str | None) -> IPv4Address | None:
    try:
        return IPv4Address(text) if text else None
    except AddressValueError:
        return None
