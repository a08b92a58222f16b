"""What is listed with its short-named attributes, gathered from the GLUE entries that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from gridware.bdii.server import Bdii
from gridware.glue import is_a, rules_of
from gridware.lcginfo.attributes import ATTRIBUTES, Attribute
from gridware.ldif import Entry
from gridware.pattern import pattern

Record = dict[str, list[str]]
"""Values of a CE, SE, service or site by short name."""

_KEY = pattern(r"^Glue\w*=")

_CONDITION = pattern(r"\s*(?P<name>\w+)\s*(?P<sign>>=|<=|=)\s*(?P<value>.*?)\s*")


class QueryError(Exception):
    """A condition of --query can't be understood."""


def gather(bdii: Bdii, kind: str, vo: str) -> list[Record]:
    """Every CE, SE, service or site of a VO ("": of any), in the server's order.

    ``vo`` is a name, ``VO:name``, or ``VOMS:`` with an FQAN.
    """
    attributes = ATTRIBUTES[kind]
    objects = "".join(f"(objectClass={name})" for name in dict.fromkeys(item.object for item in attributes))
    entries = bdii.search(f"(|{objects})")
    roots = [entry for entry in entries if is_a(entry, f"Glue{kind}")]
    rules = rules_of(vo)
    allowed = _allowed(entries, kind, rules) if rules else None
    return [
        _record(root, entries, kind, attributes, rules)
        for root in roots
        if allowed is None or root.one(f"Glue{kind}UniqueID") in allowed
    ]


def matching(records: Iterable[Record], query: str, known: Iterable[str]) -> list[Record]:
    """The records for which all conditions of ``Name=value,Name>=number...`` hold.

    ``*`` is any text; of ``A=x|B=y`` one is enough.
    """
    names = set(known)
    conditions = [
        [_condition(text, names) for text in choice.split("|")]
        for choice in query.split(",")
        if choice.strip()
    ]
    return [
        record
        for record in records
        if all(any(_holds(record, *condition) for condition in choice) for choice in conditions)
    ]


def _allowed(entries: Iterable[Entry], kind: str, rules: frozenset[str]) -> set[str] | None:
    """The ids that a VO may use; None for what is everybody's."""
    if kind == "Site":
        return None
    if kind == "SE":
        areas = (entry for entry in entries if is_a(entry, "GlueSA"))
        rule = "GlueSAAccessControlBaseRule"
        return {
            entry.key("GlueChunkKey", "GlueSEUniqueID") for entry in areas if rules & set(entry.all(rule))
        }
    words = ("AccessControlBaseRule", "AccessControlRule")
    return {
        entry.one(f"Glue{kind}UniqueID")
        for entry in entries
        if is_a(entry, f"Glue{kind}")
        if any(rules & set(entry.all(f"Glue{kind}{word}")) for word in words)
    }


def _record(
    root: Entry, entries: Sequence[Entry], kind: str, attributes: Sequence[Attribute], rules: frozenset[str]
) -> Record:
    own = [entry for entry in entries if entry is root or _belongs(entry, root, kind)]
    # What one VO sees of a queue is no business of another's.
    own = [entry for entry in own if not rules or not is_a(entry, "GlueVOView") or _for(entry, rules)]
    return {item.name: list(_values(own, item)) for item in attributes}


def _for(view: Entry, rules: frozenset[str]) -> bool:
    return bool(rules & set(view.all("GlueCEAccessControlBaseRule")))


def _values(own: Iterable[Entry], item: Attribute) -> Iterator[str]:
    """Of a key what it leads to: ``GlueSiteUniqueID=x`` is ``x``."""
    for entry in own:
        for value in entry.all(item.glue) if is_a(entry, item.object) else ():
            if item.name == "VOInfoSA" and value.startswith("GlueSEUniqueID="):
                continue
            yield _KEY.sub("", value) if item.glue in ("GlueForeignKey", "GlueChunkKey") else value


def _belongs(entry: Entry, root: Entry, kind: str) -> bool:
    id_ = root.one(f"Glue{kind}UniqueID")
    if kind == "SE":
        return id_ in (entry.key("GlueChunkKey", "GlueSEUniqueID"), entry.one("GlueCESEBindSEUniqueID")) or (
            id_ in entry.all("GlueCESEBindGroupSEUniqueID")
        )
    cluster = root.key("GlueForeignKey", "GlueClusterUniqueID")
    return kind == "CE" and (
        id_ in (entry.one("GlueCESEBindGroupCEUniqueID"), entry.key("GlueChunkKey", "GlueCEUniqueID"))
        or entry.key("GlueChunkKey", "GlueClusterUniqueID") == cluster != ""
    )


def _condition(text: str, known: set[str]) -> tuple[str, str, str]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise QueryError(f"{text!r} is no condition; write Attribute=value, >=number or <=number")
    if match["name"] not in known:
        raise QueryError(f"unknown attribute: {match['name']}")
    if match["sign"] != "=" and not _is_number(match["value"]):
        raise QueryError(f"{match['value']!r} in {text.strip()!r} is no number")
    return match["name"], match["sign"], match["value"]


def _holds(record: Record, name: str, sign: str, value: str) -> bool:
    if sign == "=":
        pattern = ".*".join(map(re.escape, value.split("*")))
        return any(re.fullmatch(pattern, found, re.IGNORECASE) for found in record[name])
    limit, numbers = float(value), [float(found) for found in record[name] if _is_number(found)]
    return any(number >= limit if sign == ">=" else number <= limit for number in numbers)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
