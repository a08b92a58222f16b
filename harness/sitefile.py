"""Reading ``icebox.toml``: every mistake of the file in one clear error."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError
from pathlib import Path
from typing import Any

from harness.dns.registry import PROVIDERS
from harness.errors import InputError
from harness.network.ports import PortTable, load_ports, with_further
from harness.site import SCHEMA, Bridge, DnsSettings, Node, Queue, Role, Site, Student

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
FURTHER = {Role.WN: 100, Role.CE: 170, Role.SE: 180}
"""Host part of the second node of a role; the third follows it, and so on."""
MOST = {Role.WN: 64, Role.CE: 9, Role.SE: 9}
"""How many nodes of a role there can be."""
KEYS: dict[str, dict[str, type]] = {
    "site": {"name": str, "domain": str},
    "network": {"bridge": str, "address": str, "ports": str},
    "dom0": {"kind": str, "address": str},
    "vo": {"name": str},
    "students": {"count": int},
    "school": {"days": int},
    "ce": {"name": str, "address": str, "count": int},
    "wn": {"name": str, "address": str, "count": int, "slots": int},
    "se": {"name": str, "address": str, "count": int},
    "ui": {"name": str, "address": str},
    "rb": {"name": str, "address": str},
}
OPTIONAL = {
    ("ce", "count"): 1,
    ("se", "count"): 1,
    ("wn", "count"): 1,
    ("wn", "slots"): 2,
    ("students", "count"): 2,
    ("school", "days"): 7,
}
FREE = {"queues", "dns"}
"""Tables whose keys are names of the user's choosing."""
DOM0_KINDS = ("embedded",)
OUTSIDE = {
    IPv4Address("203.0.113.1"): "the outside's",
    IPv4Address("203.0.113.53"): "the embedded DNS service's",
}
"""Addresses of the embedded dom0's surroundings (harness.dom0.uplink), which no box may have."""


class _Reader:
    """Collects problems while it takes values out of the parsed file."""

    def __init__(self, path: Path, raw: dict[str, Any], lines: list[str]) -> None:
        self.path, self.raw, self.lines = path, raw, lines
        self.problems: list[str] = []
        self._bad: set[tuple[str, str]] = set()

    def complain(self, table: str, key: str, text: str) -> None:
        """Note a problem; what was replaced by a stand-in, or missing, is not complained about again."""
        if (table, key) in self._bad:
            return
        line = self._line(table, key)
        name = f"{table}.{key}" if key else f"[{table}]"
        problem = f"line {line}: {name}: {text}" if line else f"{name}: {text}"
        if problem not in self.problems:
            self.problems.append(problem)

    def reject(self, table: str, key: str, text: str) -> None:
        """Complain for the last time: a stand-in takes the value's place."""
        self.complain(table, key, text)
        self._bad.add((table, key))

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
        kind = KEYS[table][key]
        found = self.raw.get(table, {}).get(key, OPTIONAL.get((table, key)))
        if found is None:
            self.complain(table, "", f"the key {key!r} is missing")
            self._bad.add((table, key))
            return kind()
        if not isinstance(found, kind) or isinstance(found, bool):
            self.reject(table, key, f"must be {'a number' if kind is int else 'text'}, not {found!r}")
            return kind()
        return found

    def count(self, table: str, key: str, least: int, most: int) -> int:
        number: int = self.value(table, key)
        if not least <= number <= most:
            self.reject(table, key, f"{number} is not between {least} and {most}")
            return least
        return number

    def label(self, table: str, key: str) -> str:
        text: str = self.value(table, key)
        if not LABEL.fullmatch(text):
            self.reject(table, key, f"{text!r} is not a host name (small letters, digits, hyphens)")
        return text

    def address(self, table: str, key: str) -> IPv4Address:
        text: str = self.value(table, key)
        try:
            return IPv4Address(text)
        except AddressValueError:
            self.reject(table, key, f"{text!r} is not an IPv4 address")
            return IPv4Address(0)


def load(path: Path, *, ports: Path | None = None) -> Site:
    """Read a site file; raises InputError that lists every problem with its line.

    ``ports`` is a port table to read in the place of the one it names.
    """
    reader = _Reader(path, *_parse(path))
    _check_tables(reader)
    bridge = _bridge(reader)
    nodes = _nodes(reader, bridge)
    queues = _queues(reader)
    dns = _dns(reader)
    kind: str = reader.value("dom0", "kind")
    if kind not in DOM0_KINDS:
        reader.complain("dom0", "kind", f"{kind!r} is none of: {', '.join(DOM0_KINDS)}")
    domain = _domain(reader)
    site = Site(
        path=path,
        name=reader.value("site", "name"),
        domain=domain,
        bridge=bridge,
        ports=PortTable((), path),
        dom0_kind=kind,
        public_address=_public(reader, bridge),
        dns=dns,
        vo=reader.label("vo", "name"),
        queues=queues,
        students=tuple(Student(n) for n in range(1, reader.count("students", "count", 1, 99) + 1)),
        school_days=reader.count("school", "days", 1, 365),
        slots=reader.count("wn", "slots", 1, 64),
        nodes=nodes,
    )
    _raise(reader)
    return _with_ports(site, ports or path.parent / reader.value("network", "ports"))


def _parse(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            "there is no such site file", where=str(path), remedy="name one with --site FILE"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "the site file can't be read", where=str(path), why=str(error), remedy="write it as UTF-8 text"
        ) from None
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


def _check_tables(reader: _Reader) -> None:
    for table in (*KEYS, *FREE):
        if not isinstance(reader.raw.setdefault(table, {}), dict):
            raise InputError(
                f"{table!r} must be a table",
                where=str(reader.path),
                remedy=f"write it as [{table}], with its keys below",
            )
    for table in (*KEYS, *FREE):
        if not isinstance(reader.raw.setdefault(table, {}), dict):
            raise InputError(
                f"{table!r} must be a table",
                where=str(reader.path),
                remedy=f"write it as [{table}], with its keys below",
            )
    for table, content in reader.raw.items():
        if table == "schema" or table in FREE:
            continue
        if table not in KEYS:
            roles = ", ".join(role.value for role in Role)
            reader.complain(table, "", f"is not a table of a site file; roles are {roles}")
            continue
        if not isinstance(content, dict):
            continue
        for key in content:
            if key not in KEYS[table]:
                reader.complain(table, key, f"unknown key; known are {', '.join(KEYS[table])}")


def _bridge(reader: _Reader) -> Bridge:
    text: str = reader.value("network", "address")
    try:
        interface = IPv4Interface(text)
    except (AddressValueError, NetmaskValueError):
        reader.reject("network", "address", f"{text!r} is not ADDRESS/PREFIX such as 192.168.1.1/24")
        interface = IPv4Interface("192.168.1.1/24")
    if interface.ip in (interface.network.network_address, interface.network.broadcast_address):
        reader.complain("network", "address", f"{interface.ip} is the network's, not the bridge's")
    name: str = reader.value("network", "bridge")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,14}", name):
        reader.complain("network", "bridge", f"{name!r} can't name a bridge (at most 15 characters)")
    return Bridge(name, interface)


def _domain(reader: _Reader) -> str:
    domain: str = reader.value("site", "domain")
    if not all(LABEL.fullmatch(part) for part in domain.split(".")):
        reader.complain("site", "domain", f"{domain!r} is not a domain")
    return domain


def _nodes(reader: _Reader, bridge: Bridge) -> tuple[Node, ...]:
    domain = str(reader.raw.get("site", {}).get("domain", ""))
    nodes = [
        Node(reader.label(role.value, "name"), role, reader.address(role.value, "address"), domain)
        for role in Role
    ]
    for role, host in FURTHER.items():
        first = next(node for node in nodes if node.role is role)
        for index in range(2, reader.count(role.value, "count", 1, MOST[role]) + 1):
            address = bridge.network.network_address + host + index - 2
            nodes.append(Node(f"{first.name}{index}", role, address, domain, index))
    _check_nodes(reader, nodes, bridge)
    _check_clusters(reader, nodes)
    return tuple(nodes)


def _check_clusters(reader: _Reader, nodes: list[Node]) -> None:
    count = Counter(node.role for node in nodes)
    if count[Role.WN] < count[Role.CE]:
        reader.complain("wn", "count", f"{count[Role.WN]} WNs for {count[Role.CE]} CEs: each CE needs one")


def _check_nodes(reader: _Reader, nodes: list[Node], bridge: Bridge) -> None:
    names = Counter(node.name for node in nodes)
    addresses = Counter(node.address for node in nodes)
    for node in nodes:
        table = node.role.value
        if names[node.name] > 1:
            reader.complain(table, "name", f"the name {node.name!r} is given to {names[node.name]} nodes")
        if addresses[node.address] > 1:
            reader.complain(table, "address", f"{node.address} is given to {addresses[node.address]} nodes")
        if node.address not in bridge.network:
            reader.complain(
                table, "address", f"{node.address} lies outside the bridge's network {bridge.network}"
            )
        elif node.address in (
            bridge.address,
            bridge.network.network_address,
            bridge.network.broadcast_address,
        ):
            reader.complain(table, "address", f"{node.address} is the bridge's or the network's own address")


def _queues(reader: _Reader) -> tuple[Queue, ...]:
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


def _dns(reader: _Reader) -> DnsSettings:
    table = dict(reader.raw.get("dns", {}))
    provider = str(table.pop("provider", "rfc2136"))
    if provider not in PROVIDERS:
        reader.complain("dns", "provider", f"{provider!r} is none of: {', '.join(PROVIDERS)}")
    return DnsSettings(provider, tuple((key, str(value)) for key, value in table.items()))


def _public(reader: _Reader, bridge: Bridge) -> IPv4Address:
    address = reader.address("dom0", "address")
    if address in bridge.network:
        reader.complain("dom0", "address", f"{address} lies inside the bridge's network {bridge.network}")
    if address in OUTSIDE:
        reader.complain("dom0", "address", f"{address} is {OUTSIDE[address]} own")
    elif address.is_multicast or address.is_loopback or address.is_unspecified or address.is_reserved:
        reader.complain("dom0", "address", f"{address} is no address a host can have")
    return address


def _raise(reader: _Reader) -> None:
    if reader.problems:
        raise InputError(
            f"the site file has {len(reader.problems)} problem(s):\n    " + "\n    ".join(reader.problems),
            where=str(reader.path),
            remedy="mend them; docs/site-file.md explains every key",
        )


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
