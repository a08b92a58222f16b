"""LDAP entries as dictionaries, and the changes from one to the next as LDIF (RFC 2849)."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping

from gridware import ldif

Entry = dict[str, list[str]]
"""Attribute name to values; names as the GLUE schema writes them."""

Directory = dict[str, Entry]
"""DN to entry; DNs as they are published."""

_SAFE = re.compile(r"[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*(?<! )|")


def entry(classes: Iterable[str], **attributes: object) -> Entry:
    """An entry of these object classes; values that are None or empty are left out."""
    made: Entry = {"objectClass": list(classes)}
    for name, value in attributes.items():
        values = [value] if isinstance(value, (str, int, float)) else list(value or ())  # type: ignore[call-overload]
        if values:
            made[name] = [_text(item) for item in values]
    return made


def _text(value: object) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)


def key(dn: str) -> str:
    """A DN in the form in which two spellings of the same DN are equal."""
    return re.sub(r"\s*([,=])\s*", r"\1", dn).lower()


def parse(text: str) -> Directory:
    """Read what ``ldapsearch -LLL`` prints."""
    found: Directory = {}
    for dn, pairs in ldif.records(text):
        attributes = found[dn] = {}
        for name, value in pairs:
            attributes.setdefault(name, []).append(value)
    return found


def changes(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> str:
    """LDIF change records that turn ``old`` into ``new``; empty if nothing changed."""
    before = {key(dn): (dn, attributes) for dn, attributes in old.items()}
    after = {key(dn) for dn in new}
    records = [_delete(dn) for dn in sorted(old, key=_depth, reverse=True) if key(dn) not in after]
    for dn in sorted(new, key=_depth):
        if key(dn) not in before:
            records.append(_add(dn, new[dn]))
        else:
            records.extend(_modify(dn, before[key(dn)][1], new[dn]))
    return "".join(records)


def _depth(dn: str) -> int:
    """Parents come before their children; among siblings the order stays."""
    return dn.count(",")


def _delete(dn: str) -> str:
    return f"{_line('dn', dn)}changetype: delete\n\n"


def _add(dn: str, attributes: Entry) -> str:
    return f"{_line('dn', dn)}changetype: add\n{''.join(_lines(attributes))}\n"


def _modify(dn: str, old: Entry, new: Entry) -> Iterator[str]:
    had = {name.lower(): sorted(values) for name, values in old.items()}
    names = {name.lower() for name in new}
    parts = [
        f"replace: {name}\n{''.join(_line(name, value) for value in values)}-\n"
        for name, values in new.items()
        if had.get(name.lower()) != sorted(values)
    ]
    parts += [f"delete: {name}\n-\n" for name in old if name.lower() not in names]
    if parts:
        yield f"{_line('dn', dn)}changetype: modify\n{''.join(parts)}\n"


def _lines(attributes: Entry) -> Iterator[str]:
    for name, values in attributes.items():
        for value in values:
            yield _line(name, value)


def _line(name: str, value: str) -> str:
    if _SAFE.fullmatch(value):
        return f"{name}: {value}\n"
    return f"{name}:: {b64encode(value.encode()).decode()}\n"
