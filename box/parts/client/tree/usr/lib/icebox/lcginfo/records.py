"""CEs and SEs with their short-named attributes, gathered from the GLUE entries that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bdii.ldif import Entry
from bdii.server import Bdii, literal

from lcginfo.attributes import CE_ATTRIBUTES, SE_ATTRIBUTES, Attribute

Record = dict[str, list[str]]
"""Values of a CE or SE by short name."""

_CONDITION = re.compile(r"\s*(?P<name>\w+)\s*(?P<sign>>=|<=|=)\s*(?P<value>.*?)\s*")


class QueryError(Exception):
    """A condition of --query can't be understood."""


def attributes_of(kind: str) -> list[Attribute]:
    """The attributes of a ``CE`` or an ``SE``."""
    return CE_ATTRIBUTES if kind == "CE" else SE_ATTRIBUTES


def gather(bdii: Bdii, kind: str, vo: str) -> list[Record]:
    """Every ``CE`` or ``SE`` of a VO ("": of any), in the server's order."""
    attributes = attributes_of(kind)
    objects = "".join(f"(objectClass={name})" for name in dict.fromkeys(item.object for item in attributes))
    entries = bdii.search(f"(|{objects})")
    roots = [entry for entry in entries if _is(entry, f"Glue{kind}")]
    allowed = _allowed(bdii, kind, vo)
    return [
        _record(root, entries, kind, attributes)
        for root in roots
        if allowed is None or root.one(f"Glue{kind}UniqueID") in allowed
    ]


def matching(records: Iterable[Record], query: str, known: Iterable[str]) -> list[Record]:
    """The records for which all conditions of ``Name=value,Name>=number...`` hold; ``*`` is any text."""
    conditions = [_condition(text, set(known)) for text in query.split(",") if text.strip()]
    return [record for record in records if all(_holds(record, *condition) for condition in conditions)]


def _allowed(bdii: Bdii, kind: str, vo: str) -> set[str] | None:
    """The ids that a VO may use; None if it is not asked."""
    if not vo:
        return None
    word = literal(vo)
    if kind == "CE":
        query = f"(&(objectClass=GlueCE)(GlueCEAccessControlBaseRule=VO:{word}))"
        return {entry.one("GlueCEUniqueID") for entry in bdii.search(query)}
    rule = "GlueSAAccessControlBaseRule"
    query = f"(&(objectClass=GlueSA)(|({rule}=VO:{word})({rule}={word})))"
    return {entry.key("GlueChunkKey", "GlueSEUniqueID") for entry in bdii.search(query)}


def _record(root: Entry, entries: Sequence[Entry], kind: str, attributes: Sequence[Attribute]) -> Record:
    own = [entry for entry in entries if entry is root or _belongs(entry, root, kind)]
    return {
        item.name: [value for entry in own if _is(entry, item.object) for value in entry.all(item.glue)]
        for item in attributes
    }


def _belongs(entry: Entry, root: Entry, kind: str) -> bool:
    id_ = root.one(f"Glue{kind}UniqueID")
    if kind == "SE":
        return entry.key("GlueChunkKey", "GlueSEUniqueID") == id_ or id_ in entry.all(
            "GlueCESEBindGroupSEUniqueID"
        )
    cluster = root.key("GlueForeignKey", "GlueClusterUniqueID")
    return (
        entry.one("GlueCESEBindGroupCEUniqueID") == id_
        or entry.key("GlueChunkKey", "GlueClusterUniqueID") == cluster != ""
    )


def _is(entry: Entry, object_class: str) -> bool:
    return object_class.lower() in (name.lower() for name in entry.all("objectClass"))


def _condition(text: str, known: set[str]) -> tuple[str, str, str]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise QueryError(f"{text!r} is no condition; write Attribute=value, >=number or <=number")
    if match["name"] not in known:
        raise QueryError(f"unknown attribute: {match['name']}")
    return match["name"], match["sign"], match["value"]


def _holds(record: Record, name: str, sign: str, value: str) -> bool:
    if sign == "=":
        pattern = ".*".join(map(re.escape, value.split("*")))
        return any(re.fullmatch(pattern, found, re.IGNORECASE) for found in record[name])
    try:
        limit, numbers = float(value), [float(found) for found in record[name]]
    except ValueError:
        return False
    return any(number >= limit if sign == ">=" else number <= limit for number in numbers)
