"""Proxies: what voms-proxy-init and voms-proxy-info print (facts: VOMS 2.1, ``voms-proxy-info --all``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from harness.grid.errors import UnexpectedOutput

_FIELD = re.compile(r"^(\w+(?: \w+)*)\s*:\s(.*)$")
_VO = re.compile(r"^=== VO (\S+) extension information ===$", re.MULTILINE)
_TIME_LEFT = re.compile(r"^(\d+):(\d\d):(\d\d)$")
_IDENTITY = re.compile(r"^Your identity: (\S.*)$", re.MULTILINE)
_CONTACT = re.compile(r'Contacting\s+([^\s:]+):(\d+)\s+\[(.+?)\]\s+"(\S+)"\s+(\w+)')
_UNTIL = re.compile(r"^Your proxy is valid until:? (\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})$", re.MULTILINE)


@dataclass(frozen=True)
class Extension:
    """The VO's part of a proxy: who vouches for which attributes, and for how many seconds more."""

    vo: str
    subject: str
    issuer: str
    fqans: tuple[str, ...]
    seconds_left: int
    uri: str


@dataclass(frozen=True)
class Proxy:
    """A proxy as voms-proxy-info describes it; ``bits`` is the strength of its key."""

    subject: str
    issuer: str
    identity: str
    type: str
    bits: int
    path: str
    seconds_left: int
    extensions: tuple[Extension, ...]

    def of(self, vo: str) -> Extension | None:
        """The VO's part, if there is one."""
        return next((each for each in self.extensions if each.vo == vo), None)


@dataclass(frozen=True)
class Contact:
    """A VOMS server that was asked, and whether it answered with ``Done``."""

    host: str
    port: int
    dn: str
    vo: str
    done: bool


@dataclass(frozen=True)
class Made:
    """What voms-proxy-init did; ``until`` is in the time zone of the machine that made it."""

    identity: str
    contacts: tuple[Contact, ...]
    until: datetime


def parse_info(text: str) -> Proxy:
    """Read ``voms-proxy-info --all``; raises UnexpectedOutput if a line of the proxy is missing."""
    # The split gives the proxy's own part, then a VO and its part, and so on.
    head, *rest = _VO.split(text)
    fields = _fields(head, text)
    try:
        return Proxy(
            subject=fields["subject"][0],
            issuer=fields["issuer"][0],
            identity=fields["identity"][0],
            type=fields["type"][0],
            bits=int(fields["strength"][0].split()[0]),
            path=fields["path"][0],
            seconds_left=seconds(fields["timeleft"][0]),
            extensions=tuple(_extension(part, text) for part in rest[1::2]),
        )
    except (KeyError, ValueError):
        raise UnexpectedOutput("a proxy as voms-proxy-info --all describes it", text) from None


def parse_init(text: str) -> Made:
    """Read voms-proxy-init; raises UnexpectedOutput unless it says until when the proxy is valid."""
    identity, until = _IDENTITY.search(text), _UNTIL.search(text)
    if identity is None or until is None:
        raise UnexpectedOutput("an identity and a time until which the proxy is valid", text)
    contacts = tuple(
        Contact(host, int(port), dn, vo, word == "Done")
        for host, port, dn, vo, word in _CONTACT.findall(text)
    )
    return Made(identity[1].strip(), contacts, datetime.strptime(until[1], "%a %b %d %H:%M:%S %Y"))


def seconds(time_left: str) -> int:
    """``11:59:23`` in seconds; raises ValueError for anything else."""
    match = _TIME_LEFT.match(time_left)
    if match is None:
        raise ValueError(f"not a time left: {time_left!r}")
    hours, minutes, rest = map(int, match.groups())
    return (hours * 60 + minutes) * 60 + rest


def _extension(part: str, text: str) -> Extension:
    fields = _fields(part, text)
    return Extension(
        vo=fields["VO"][0],
        subject=fields["subject"][0],
        issuer=fields["issuer"][0],
        fqans=tuple(fields.get("attribute", ())),
        seconds_left=seconds(fields["timeleft"][0]),
        uri=fields.get("uri", [""])[0],  # the oldest versions don't print it
    )


def _fields(part: str, text: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for line in part.splitlines():
        match = _FIELD.match(line)
        if match is not None:
            fields.setdefault(match[1], []).append(match[2].strip())
    if not fields:
        raise UnexpectedOutput("lines such as `subject   : /C=IT/…`", text)
    return fields
