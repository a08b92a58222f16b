"""Reading ``icebox.toml``: every mistake of the file in one clear error."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import givenfile
from harness.dns.registry import PROVIDERS
from harness.errors import InputError
from harness.network.ports import PortTable, load_ports, with_further
from harness.site import SCHEMA, DnsSettings, Queue, Site, Student
from harness.sitenodes import bridge_of, nodes_of, public_address
from harness.sitereader import LABEL, Reader

DOM0_KINDS = ("embedded",)
SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""What can stand in a distinguished name of the information system as it is."""


def load(path: Path, *, ports: Path | None = None) -> Site:
    """Read a site file; raises InputError that lists every problem with its line.

    ``ports`` is a port table to read in the place of the one it names.
    """
    reader = Reader(path, *_parse(path))
    reader.check_tables()
    bridge = bridge_of(reader)
    nodes = nodes_of(reader, bridge)
    queues = _queues(reader)
    dns = _dns(reader)
    kind: str = reader.value("dom0", "kind")
    if kind not in DOM0_KINDS:
        reader.complain("dom0", "kind", f"{kind!r} is none of: {', '.join(DOM0_KINDS)}")
    domain = _domain(reader)
    site = Site(
        path=path,
        name=_name(reader),
        domain=domain,
        bridge=bridge,
        ports=PortTable((), path),
        dom0_kind=kind,
        public_address=public_address(reader, bridge),
        dns=dns,
        vo=reader.vo("vo", "name"),
        queues=queues,
        students=tuple(Student(n) for n in range(1, reader.count("students", "count", 1, 99) + 1)),
        school_days=reader.count("school", "days", 1, 365),
        slots=reader.count("wn", "slots", 1, 64),
        nodes=nodes,
    )
    reader.raise_problems()
    return _with_ports(site, ports or path.parent / reader.value("network", "ports"))


def _parse(path: Path) -> tuple[dict[str, Any], list[str]]:
    text = givenfile.read(path, "the site file", remedy="name one with --site FILE")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            "the site file is not valid TOML",
            where=str(path),
            why=str(error),
            remedy="mend the named line; docs/site-file.md shows a whole file",
        ) from None
    _check_schema(path, raw.get("schema"))
    return raw, text.splitlines()


def _check_schema(path: Path, schema: object) -> None:
    if isinstance(schema, int) and schema > SCHEMA:
        raise InputError(
            f"this site file is of schema {schema}, later than the {SCHEMA} this icebox reads",
            where=str(path),
            remedy="use a newer icebox, or write the file for schema 1",
        )
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(
            "the site file does not say its schema",
            where=str(path),
            why=f"schema is {schema!r}",
            remedy=f"put `schema = {SCHEMA}` at its top",
        )


def _name(reader: Reader) -> str:
    name: str = reader.value("site", "name")
    if not SITE_NAME.fullmatch(name):
        reader.complain("site", "name", f"{name!r} can't name a site (letters, digits, dots, hyphens)")
    return name


def _domain(reader: Reader) -> str:
    domain: str = reader.value("site", "domain")
    if not all(LABEL.fullmatch(part) for part in domain.split(".")):
        reader.complain("site", "domain", f"{domain!r} is not a domain")
    return domain


def _queues(reader: Reader) -> tuple[Queue, ...]:
    queues = []
    for name, minutes in reader.raw.get("queues", {}).items():
        if not re.fullmatch(r"[a-z][a-z0-9]{0,14}", name):
            reader.complain("queues", name, "is not a queue name (small letters and digits)")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= 100_000:
            reader.complain("queues", name, f"{minutes!r} is not a number of minutes")
            continue
        queues.append(Queue(name, minutes))
    if not queues:
        reader.complain("queues", "", "the site has no queue")
    return tuple(queues)


def _dns(reader: Reader) -> DnsSettings:
    table = dict(reader.raw.get("dns", {}))
    provider = str(table.pop("provider", "rfc2136"))
    if provider not in PROVIDERS:
        reader.complain("dns", "provider", f"{provider!r} is none of: {', '.join(PROVIDERS)}")
    return DnsSettings(provider, tuple((key, str(value)) for key, value in table.items()))


def _with_ports(site: Site, path: Path) -> Site:
    table = load_ports(path, network=site.bridge.network, bridge=site.bridge.address)
    strangers = table.rows_without_node({node.address for node in site.nodes})
    if strangers:
        rows = ", ".join(f"line {row.line} ({row.address})" for row in strangers)
        raise InputError(
            "rows of the port table lead to no node", where=str(path), why=rows, remedy="mend or delete them"
        )
    for first in (site.ce, site.se):
        others = [node.address for node in site.of(first.role)[1:]]
        table = with_further(table, first.address, others)
    return replace(site, ports=table)
