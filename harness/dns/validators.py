"""Who says what is wrong with the value of an option of [dns]: an empty text if nothing is.

Standard library only: the launcher reads the site file before anything is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from ipaddress import AddressValueError, IPv4Address

from harness.errors import shown

Value = str | int | bool
Validator = Callable[[Value], str]
"""Says why a value is wrong; an empty text if it is right."""

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
LONGEST_TEXT = 255
"""Characters."""


def server(value: Value) -> str:
    """An address, or a host's name."""
    told = str(value)
    if isinstance(value, bool | int):
        return f"{shown(value)} is neither an address nor a name"
    if re.fullmatch(r"[0-9.]+", told):
        try:
            IPv4Address(told)
        except AddressValueError:
            return f"{shown(value)} is not an IPv4 address"
        return ""
    good = HOST.fullmatch(told.lower())
    return "" if good else f"{shown(value)} is neither an IPv4 address nor a host's name"


def domain(value: Value) -> str:
    """A name in small letters."""
    return "" if HOST.fullmatch(str(value)) else f"{shown(value)} is not a domain"


def text(value: Value) -> str:
    """Any text of a line."""
    if not isinstance(value, str):
        return f"must be text, not {shown(value)}"
    if not value or len(value) > LONGEST_TEXT or not value.isprintable():
        return f"{shown(value)} is no text of 1 to {LONGEST_TEXT} characters"
    return ""


def contact(value: Value) -> str:
    """A mail address, as far as it can be told."""
    told = str(value)
    if text(value) or "@" not in told or " " in told or not told.isascii():
        return "services block programs that don't give a mail address to write to"
    return ""


def flag(value: Value) -> str:
    """Yes or no, also as text."""
    good = isinstance(value, bool) or str(value).lower() in ("true", "false")
    return "" if good else f"{shown(value)} is neither true nor false"


def number(most: int, least: int = 1) -> Validator:
    """From ``least`` to ``most``, also as text."""

    def validate(value: Value) -> str:
        told = value if isinstance(value, str) else shown(value)
        good = re.fullmatch(r"[0-9]{1,9}", told) and least <= int(told) <= most
        return "" if good else f"{shown(value)} is not a number from {least} to {most}"

    return validate


def day(value: Value) -> str:
    """A day that is over or is today, as 2026-12-31."""
    try:
        good = date.fromisoformat(str(value)) <= date.today() + timedelta(days=1)  # another time zone's today
    except ValueError:
        good = False
    return "" if good else f"{shown(value)} is no day until today, such as 2026-10-31"
