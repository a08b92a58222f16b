"""The values of a parsed site file, and all that is wrong with them, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

from harness.errors import InputError, shortened, shown
from harness.site.description import Role

LONGEST_VO = 29
"""Characters: a login name has 32 (useradd(8)), three of them for the account's number or ``sgm``."""
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
KEYS: dict[str, dict[str, type]] = {
    "site": {"name": str, "domain": str},
    "network": {"bridge": str, "address": str, "ports": str, "instead": str},
    "dom0": dict.fromkeys(("kind", "host", "address", "hypervisor", "expose", "clock", "resolver"), str),
    "outside": {"ssh": str},
    "disk": {"gigabytes": int, "person": int, "lvm": str, "files": str},
    "vo": {"name": str},
    "students": {"count": int},
    "school": {"days": int},
    "ce": {"name": str, "address": str, "hypervisor": str, "count": int},
    "wn": {"name": str, "address": str, "hypervisor": str, "count": int, "slots": int},
    "se": {"name": str, "address": str, "hypervisor": str, "count": int},
    "ui": {"name": str, "address": str, "hypervisor": str},
    "rb": {"name": str, "address": str, "hypervisor": str},
}
OPTIONAL = {
    ("network", "instead"): "",
    ("dom0", "host"): "",
    ("dom0", "hypervisor"): "lxc",
    ("dom0", "expose"): "",
    ("dom0", "clock"): "synchronized",
    ("dom0", "resolver"): "nodes",
    ("outside", "ssh"): "",
    ("ce", "count"): 1,
    ("se", "count"): 1,
    ("wn", "count"): 1,
    ("wn", "slots"): 2,
    ("students", "count"): 2,
    ("school", "days"): 7,
    ("disk", "gigabytes"): 0,
    ("disk", "person"): 0,
    ("disk", "lvm"): "",
    ("disk", "files"): "",
    **{(role.value, "hypervisor"): "" for role in Role},
}
MOST_PROBLEMS = 20
"""That are told; a file with more of them is no site file, or is mended from its top."""
FREE = {"queues", "dns"}
"""Tables whose keys are names of the user's choosing."""


class Reader:
    """Collects problems while it takes values out of the parsed file."""

    def __init__(self, path: Path, raw: dict[str, Any], lines: list[str]) -> None:
        self.path, self.raw, self.lines = path, raw, lines
        self.problems: list[str] = []
        self.untold = 0
        self._bad: set[tuple[str, str]] = set()

    def check_tables(self) -> None:
        """Complain of tables and keys that no site file has; raises InputError for what is no table."""
        for table in (*KEYS, *FREE):
            if not isinstance(self.raw.setdefault(table, {}), dict):
                raise InputError(
                    f"{table!r} must be a table",
                    where=str(self.path),
                    remedy=f"write it as [{table}], with its keys below",
                )
        for table, content in self.raw.items():
            if table in KEYS:
                for key in (key for key in content if key not in KEYS[table]):
                    self.complain(table, key, f"unknown key; known are {', '.join(KEYS[table])}")
            elif table != "schema" and table not in FREE:
                roles = ", ".join(role.value for role in Role)
                self.complain(table, "", f"is not a table of a site file; roles are {roles}")

    def raise_problems(self) -> None:
        """Raises InputError with all problems, if there are any."""
        if self.problems:
            told = [*self.problems, *([f"… and {self.untold} more"] if self.untold else [])]
            raise InputError(
                f"the site file has {len(self.problems) + self.untold} problem(s):\n    "
                + "\n    ".join(told),
                where=str(self.path),
                remedy="mend them; docs/site-file.md explains every key",
            )

    def complain(self, table: str, key: str, text: str) -> None:
        """Note a problem; what was replaced by a stand-in, or missing, is not complained about again."""
        if (table, key) in self._bad:
            return
        if len(self.problems) == MOST_PROBLEMS:
            self.untold += 1  # to find a line takes a while
            return
        line = self._line(table, key)
        name = shortened(f"{table}.{key}" if key else f"[{table}]", 80)
        problem = f"line {line}: {name}: {text}" if line else f"{name}: {text}"
        if problem not in self.problems:
            self.problems.append(problem)

    def reject(self, table: str, key: str, text: str) -> None:
        """Complain for the last time: a stand-in takes the value's place."""
        self.complain(table, key, text)
        self._bad.add((table, key))

    def rejected(self, table: str, key: str) -> bool:
        """Whether a stand-in has taken the value's place."""
        return (table, key) in self._bad

    def _line(self, table: str, key: str) -> int:
        current = ""
        for number, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[([^\]]+)\]", line)
            current = header.group(1).strip() if header else current
            if header and not key and current == table:
                return number
            if current == table and key and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
                return number
        return 0

    def value(self, table: str, key: str) -> Any:
        """The value, its default, or an empty one of its type where there is a problem."""
        kind = KEYS[table][key]
        found = self.raw.get(table, {}).get(key, OPTIONAL.get((table, key)))
        if found is None:
            self.complain(table, "", f"the key {key!r} is missing")
            self._bad.add((table, key))
            return kind()
        if not isinstance(found, kind) or isinstance(found, bool):
            self.reject(table, key, f"must be {'a number' if kind is int else 'text'}, not {shown(found)}")
            return kind()
        return found

    def count(self, table: str, key: str, least: int, most: int) -> int:
        """A number from ``least`` to ``most``."""
        number: int = self.value(table, key)
        if not least <= number <= most:
            self.reject(table, key, f"{shown(number)} is not between {least} and {most}")
            return least
        return number

    def choice(self, table: str, key: str, known: Sequence[str]) -> str:
        """One of the ``known`` words."""
        text: str = self.value(table, key)
        if text not in known:
            self.complain(table, key, f"{shown(text)} is none of: {', '.join(known)}")
        return text

    def fitting(self, table: str, key: str, fits: Callable[[str], object], why: str) -> str:
        """A text that ``fits``, or what the key has by default; ``why`` is said of any other."""
        text: str = self.value(table, key)
        if text != OPTIONAL.get((table, key)) and not fits(text):
            self.complain(table, key, f"{shown(text)} {why}")
        return text

    def label(self, table: str, key: str) -> str:
        """A name that can stand in a host's name."""
        text: str = self.value(table, key)
        if not LABEL.fullmatch(text):
            self.reject(table, key, f"{shown(text)} is not a host name (small letters, digits, hyphens)")
        return text

    def vo(self, table: str, key: str) -> str:
        """A VO's name: labels with dots between them, as in DNS; accounts bear it with a number behind."""
        text: str = self.value(table, key)
        if not (text[:1].isalpha() and all(LABEL.fullmatch(part) for part in text.split("."))):
            self.reject(
                table,
                key,
                f"{shown(text)} is not a name for a VO"
                " (a letter, then small letters, digits, hyphens and dots)",
            )
        elif len(text) > LONGEST_VO:
            self.reject(
                table, key, f"{shown(text)} has more than {LONGEST_VO} characters, so no account can bear it"
            )
        return text

    def address(self, table: str, key: str) -> IPv4Address:
        """An IPv4 address."""
        text: str = self.value(table, key)
        try:
            return IPv4Address(text)
        except AddressValueError:
            self.reject(table, key, f"{shown(text)} is not an IPv4 address")
            return IPv4Address(0)
