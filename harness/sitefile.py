"""Reading ``icebox.toml``: every mistake of the file in one clear error."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import givenfile
from harness.access.laptop import DESTINATION
from harness.dns import kinds as providers
from harness.dns.settings import Settings
from harness.dom0 import kinds
from harness.errors import InputError, shown
from harness.site import SCHEMA, DnsSettings, Node, Queue, Role, Site, Student
from harness.site.description import CONTAINERS
from harness.site.elsewhere import bridge_instead, moved
from harness.site.nodes import NOT_YET, bridge_of, exposed, nodes_of, public_address
from harness.site.ports import PortTable, load_ports, with_further, with_wmproxy
from harness.site.reader import LABEL, Reader
from harness.virt.kinds import KINDS

SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""What can stand in a distinguished name of the information system as it is."""


CLOCKS = ("synchronized", "own")
RESOLVERS = ("nodes", "room")
DOM0_OPTIONS = frozenset({"host", "expose", "clock", "resolver"})
"""Keys of [dom0] that some kinds have."""
LONGEST = 1 << 16
"""Bytes of a site file."""
MOST_GIGABYTES = 100_000
"""Of a volume: more than any host of a school has."""
VOLUME_GROUP = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}")
"""A name as lvm(8) takes it."""
MOST_QUEUES = 50
TAKEN_QUEUES = ("default",)
"""Slurm's word for all partitions (slurm.conf(5))."""
TAKEN_DOMAINS = re.compile(r"(.*\.)?(localhost|arpa|icebox-ns|[0-9]+)")
"""Names below these lead to the loopback (RFC 6761), are addresses read backwards, the name service's own or
read as an address."""


def load(path: Path, *, ports: Path | None = None) -> Site:
    """Read a site file; raises InputError that lists every problem with its line.

    ``ports`` is a port table to read in the place of the one it names, by a box that keeps both: what else
    the site file names is looked at only where a box is to be brought up.
    """
    reader = Reader(path, *_parse(path))
    reader.check_tables()
    written = bridge_of(reader)
    nodes = _with_hypervisors(reader, nodes_of(reader, written))
    bridge = bridge_instead(reader, written)
    kind = reader.choice("dom0", "kind", kinds.KINDS.names())
    public = public_address(reader, bridge, found=_finds_address(reader, kind))
    queues = _queues(reader)
    domain = _domain(reader)
    dns = _dns(reader, domain, files=ports is None)
    site = Site(
        path=path,
        name=reader.fitting(
            "site", "name", SITE_NAME.fullmatch, "can't name a site (letters, digits, dots, hyphens)"
        ),
        domain=domain,
        bridge=written,
        ports=PortTable((), path),
        dom0_kind=kind,
        dom0_host=_host(reader, kind),
        expose=exposed(reader),
        laptop=reader.fitting("outside", "ssh", DESTINATION.fullmatch, "is no destination for ssh"),
        own_clock=_clock(reader, kind) == "own",
        serves_names=_resolver(reader, kind, dns) == "room",
        public_address=public,
        follows=public == NOT_YET,
        dns=dns,
        vo=reader.vo("vo", "name"),
        queues=queues,
        students=tuple(Student(n) for n in range(1, reader.count("students", "count", 1, 99) + 1)),
        school_days=reader.count("school", "days", 1, 365),
        slots=reader.count("wn", "slots", 1, 64),
        volume=reader.count("disk", "gigabytes", 0, MOST_GIGABYTES) * 10**9,
        share=_share(reader) * 10**9,
        nodes=nodes,
        disk_group=reader.fitting("disk", "lvm", VOLUME_GROUP.fullmatch, "can't name a volume group"),
        disk_directory=reader.fitting(
            "disk", "files", _is_directory, "is no path from the root of a machine's files"
        ),
    )
    _check_disks(reader, site)
    reader.raise_problems()
    return moved(_with_ports(site, ports or path.parent / reader.value("network", "ports")), bridge)


def _parse(path: Path) -> tuple[dict[str, Any], list[str]]:
    text = givenfile.read(path, "the site file", remedy="name one with --site FILE", most=LONGEST)
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of too many digits, a nest too deep
        too_deep = "its brackets are nested too deep"
        raise InputError(
            "the site file is not valid TOML",
            where=str(path),
            why=too_deep if isinstance(error, RecursionError) else str(error),
            remedy="mend the named line; docs/site-file.md shows a whole file",
        ) from None
    _check_schema(path, raw.get("schema"))
    return raw, text.splitlines()


def _check_schema(path: Path, schema: object) -> None:
    if isinstance(schema, int) and schema > SCHEMA:
        raise InputError(
            f"this site file is of schema {shown(schema)}, later than the {SCHEMA} this icebox reads",
            where=str(path),
            remedy="use a newer icebox, or write the file for schema 1",
        )
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(
            "the site file does not say its schema",
            where=str(path),
            why=f"schema is {shown(schema)}",
            remedy=f"put `schema = {SCHEMA}` at its top",
        )


def _with_hypervisors(reader: Reader, nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes with the kinds of their machines: their role's own, or the dom0's."""
    usual = reader.choice("dom0", "hypervisor", KINDS.names())
    own = {
        role: reader.choice(role.value, "hypervisor", KINDS.names())
        for role in Role
        if reader.raw[role.value].get("hypervisor")
    }
    return tuple(replace(node, hypervisor=own.get(node.role, usual)) for node in nodes)


def _finds_address(reader: Reader, name: str) -> bool:
    """Whether a kind of dom0 finds its public address; what it does not have of [dom0] is complained of."""
    if name not in kinds.KINDS.names():
        return False
    kind = kinds.KINDS.of(name)
    for key in sorted(DOM0_OPTIONS - kind.OPTIONS):
        if key in reader.raw["dom0"]:
            reader.complain("dom0", key, f"a dom0 of the kind {name} has no such key")
    return kind.finds_address(exposed=bool(reader.raw["dom0"].get("expose")))


def _host(reader: Reader, name: str) -> str:
    """The machine that is the dom0, for a kind that is another one than this."""
    host: str = reader.value("dom0", "host")
    if name not in kinds.KINDS.names() or kinds.KINDS.of(name).HERE:
        return host
    if not DESTINATION.fullmatch(host):
        reader.complain("dom0", "host", f"{shown(host)} is no destination for ssh, such as root@xen1")
    if reader.value("disk", "gigabytes"):
        reader.complain("disk", "gigabytes", f"a dom0 of the kind {name} has no volume for its nodes")
    return host


def _share(reader: Reader) -> int:
    """Gigabytes of the volume for one account."""
    share = reader.count("disk", "person", 0, MOST_GIGABYTES)
    whole: int = reader.value("disk", "gigabytes")
    if share and share > whole:
        reader.complain("disk", "person", f"is a share of disk.gigabytes, and {share} is more than {whole}")
    return share


def _is_directory(text: str) -> bool:
    return text.isprintable() and Path(text).is_absolute()


def _check_disks(reader: Reader, site: Site) -> None:
    """Whether a place for disks fits what else the site file says."""
    for key, place in (("lvm", site.disk_group), ("files", site.disk_directory)):
        if not place:
            continue
        if site.volume:
            reader.complain("disk", key, "disks there have sizes of their own, and not disk.gigabytes")
        if all(node.hypervisor in CONTAINERS for node in site.nodes):
            reader.complain("disk", key, "containers have no disks: it is for nodes of qemu or xen")
    if site.disk_group and site.disk_directory:
        reader.complain("disk", "files", "disks lie in a volume group or in files: name one of both")


def _clock(reader: Reader, kind: str) -> str:
    """Who keeps the time of a dom0 that is open to others."""
    clock = reader.choice("dom0", "clock", CLOCKS)
    if clock in CLOCKS and "clock" in reader.raw["dom0"] and not _is_open(reader, kind):
        reader.complain("dom0", "clock", "laptops compare it only where the box is opened by `expose`")
    return clock


def _resolver(reader: Reader, kind: str, dns: DnsSettings) -> str:
    """Whom the box's own name service answers."""
    resolver = reader.choice("dom0", "resolver", RESOLVERS)
    if resolver == "room" and not _is_open(reader, kind):
        reader.complain("dom0", "resolver", "laptops reach it only where the box is opened by `expose`")
    elif resolver == "room" and providers.KINDS.of(dns.provider).is_told_outside(dns):
        told = f"laptops hear the names by the name servers that {dns.provider} tells"
        reader.complain("dom0", "resolver", told)
    return resolver


def _is_open(reader: Reader, kind: str) -> bool:
    """Whether laptops reach the box."""
    return kind != kinds.USUAL or bool(reader.value("dom0", "expose"))


def _domain(reader: Reader) -> str:
    domain: str = reader.value("site", "domain")
    if not all(LABEL.fullmatch(part) for part in domain.split(".")):
        reader.complain("site", "domain", f"{shown(domain)} is not a domain")
    elif TAKEN_DOMAINS.fullmatch(domain):
        reader.complain("site", "domain", f"{shown(domain)} is no domain that hosts can have")
    return domain


def _queues(reader: Reader) -> tuple[Queue, ...]:
    queues = []
    for name, minutes in reader.raw.get("queues", {}).items():
        if not re.fullmatch(r"[a-z][a-z0-9]{0,14}", name):
            reader.complain("queues", name, "is not a queue name (small letters and digits)")
        elif name in TAKEN_QUEUES:
            reader.complain("queues", name, "means all queues, for Slurm")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= 100_000:
            reader.complain("queues", name, f"{shown(minutes)} is not a number of minutes")
            continue
        queues.append(Queue(name, minutes))
    if len(queues) > MOST_QUEUES:
        reader.complain("queues", "", f"{len(queues)} queues are more than {MOST_QUEUES}")
    if not queues:
        reader.complain("queues", "", "the site has no queue")
    return tuple(queues)


def _dns(reader: Reader, domain: str, *, files: bool) -> DnsSettings:
    table = dict(reader.raw.get("dns", {}))
    provider = table.pop("provider", "rfc2136")
    if provider not in providers.KINDS.names():
        known = ", ".join(providers.KINDS.names())
        reader.complain("dns", "provider", f"{shown(provider)} is none of: {known}")
        return DnsSettings("rfc2136")
    problems = list(Settings(provider, table, domain, reader.path.parent).problems(files=files))
    for name, why in problems:
        reader.complain("dns", name, why)
    return DnsSettings(provider, () if problems else tuple((key, str(value)) for key, value in table.items()))


def _with_ports(site: Site, path: Path) -> Site:
    table = load_ports(path, network=site.bridge.network, bridge=site.bridge.address)
    strangers = table.rows_without_node({node.address for node in site.nodes})
    if strangers:
        rows = ", ".join(f"line {row.line} ({row.address})" for row in strangers)
        raise InputError(
            "rows of the port table lead to no node", where=str(path), why=rows, remedy="mend or delete them"
        )
    table = with_wmproxy(table, site.rb.address)
    for first in (site.ce, site.se):
        others = [node.address for node in site.of(first.role)[1:]]
        table = with_further(table, first.address, others)
    return replace(site, ports=table)
