"""The port table: which ports of the public address reach which node.

The syntax is the original's, ``host_port>dest_ip:dest_port``, one row a line, with ``#`` comments; a
range that keeps its ports is written ``from-to>dest_ip``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from pathlib import Path
from types import MappingProxyType

from harness import givenfile
from harness.errors import InputError, shortened
from harness.site.portrow import PortRow

SSH_PORT, DNS_PORT = 22, 53
RESERVED: Mapping[int, str] = MappingProxyType(
    {SSH_PORT: "the dom0's own ssh", DNS_PORT: "the dom0's own DNS"}
)
"""Ports the dom0 answers itself, and what for."""

LAST = 65535
LONGEST = 1 << 16
"""Bytes of a port table."""
MOST_ROWS, MOST_FAULTS = 1000, 12
"""Rows that are taken, and bad ones that are told."""
WMPROXY, BOOKKEEPING = 7443, 9000
"""The broker's ports. Tables of boxes that had it at one of them lead to the second alone."""
SINGLE_STEP, RANGE_STEP = 100, 1000
"""From a row of a role's first node to that of its second, if the table has none."""

_SYNTAX = "host_port>dest_ip:dest_port, or from-to>dest_ip for a range that keeps its ports"
_ROW = re.compile(
    r"(?P<first>[0-9]+)\s*(?:-\s*(?P<last>[0-9]+))?\s*>\s*(?P<address>[0-9.]+)\s*(?::\s*(?P<target>[0-9]+))?"
)


@dataclass(frozen=True)
class PortTable:
    """The rows of one file, in its order; no two share a host port."""

    rows: tuple[PortRow, ...]
    path: Path

    def __iter__(self) -> Iterator[PortRow]:
        return iter(self.rows)

    def find(self, port: int) -> PortRow | None:
        """The row that takes host port ``port``."""
        return next((row for row in self.rows if port in row.host_ports), None)

    def rows_without_node(self, addresses: Collection[IPv4Address]) -> tuple[PortRow, ...]:
        """Rows that lead to none of ``addresses``."""
        return tuple(row for row in self.rows if row.address not in addresses)


@dataclass(frozen=True)
class _Fault:
    """What is wrong with one row."""

    line: int
    row: str
    why: str
    remedy: str


class _BadRowError(Exception):
    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why, self.remedy = why, remedy


@dataclass(frozen=True)
class _Rules:
    """What a row is checked against."""

    network: IPv4Network
    bridge: IPv4Address | None


def load_ports(path: Path, *, network: IPv4Network, bridge: IPv4Address | None = None) -> PortTable:
    """Read the port table at ``path``.

    ``network`` is the bridge's network and ``bridge`` its own address, where no row may lead.  Raises one
    InputError that names every bad row.
    """
    rules = _Rules(network, bridge)
    rows: list[PortRow] = []
    faults: list[_Fault] = []
    for number, (line, text) in enumerate(_written_rows(path), 1):
        try:
            _check_number(number)
            row = _parse(text, line)
            _check(row, rules)
            _check_clash(row, rows)
        except _BadRowError as bad:
            faults.append(_Fault(line, shortened(text, 80), bad.why, bad.remedy))
            if len(faults) == MOST_FAULTS:
                break
        else:
            rows.append(row)
    if faults:
        raise _error(path, faults)
    return PortTable(tuple(rows), path)


def with_further(table: PortTable, first: IPv4Address, others: Sequence[IPv4Address]) -> PortTable:
    """The table with rows for ``others``, further nodes of the role of ``first``.

    Those that have no row of their own get the rows of ``first`` at host ports further up: for the second
    node by SINGLE_STEP, ranges by RANGE_STEP, for the third twice as far, and so on.  Raises InputError if
    such a port is taken, or there is none.
    """
    rows = list(table.rows)
    for number, address in enumerate(others, 1):
        if any(row.address == address for row in table.rows):
            continue
        for row in [row for row in table.rows if row.address == first]:
            made = _moved(row, address, number)
            try:
                _check_reach(made)
                _check_reserved(made)
                _check_clash(made, rows)
            except _BadRowError as bad:
                fault = _Fault(row.line, f"{made}, as {row}", bad.why, bad.remedy)
                raise _error(table.path, [fault]) from None
            rows.append(made)
    return replace(table, rows=tuple(rows))


def with_wmproxy(table: PortTable, broker: IPv4Address) -> PortTable:
    """The table with a row for WMProxy at ``broker``, if it has one for the bookkeeping there alone.

    Raises InputError if that port is another's.
    """
    books = next((row for row in table.rows if row.reaches(broker, BOOKKEEPING)), None)
    if books is None or any(row.reaches(broker, WMPROXY) for row in table.rows):
        return table
    made = PortRow(WMPROXY, WMPROXY, broker, WMPROXY, books.line)
    try:
        _check_clash(made, list(table.rows))
    except _BadRowError as bad:
        remedy = f"add one at a host port of its own, such as 1{made}"
        fault = _Fault(books.line, f"{books}, which wants {made} beside it", bad.why, remedy)
        raise _error(table.path, [fault]) from None
    return replace(table, rows=(*table.rows, made))


def _check_reach(row: PortRow) -> None:
    if row.last > LAST:
        raise _BadRowError(f"there is no port {row.last}", "give this node rows of its own, at lower ports")


def _moved(row: PortRow, address: IPv4Address, number: int) -> PortRow:
    if row.first == row.last:
        first = row.first + number * SINGLE_STEP
        return replace(row, first=first, last=first, address=address)
    first, last = (port + number * RANGE_STEP for port in (row.first, row.last))
    return replace(row, first=first, last=last, address=address, target=first)


def _written_rows(path: Path) -> Iterator[tuple[int, str]]:
    """Line number and text of each row, without comments and blank lines."""
    text = givenfile.read(
        path,
        "the port table",
        remedy=f"copy that of the checkout there, gridbox-ports.cfg, or write one, a row a line: {_SYNTAX}",
        most=LONGEST,
    )
    for number, line in enumerate(text.splitlines(), start=1):
        row = line.partition("#")[0].strip()
        if row:
            yield number, row


def _parse(text: str, line: int) -> PortRow:
    match = _ROW.fullmatch(text)
    if match is None:
        raise _BadRowError("this is no row of a port table", f"write it as {_SYNTAX}")
    first = _port(match["first"])
    if match["last"] is None:
        if match["target"] is None:
            raise _BadRowError("the port at the node is missing", f"write it as {_SYNTAX}")
        return PortRow(first, first, _address(match["address"]), _port(match["target"]), line)
    last = _port(match["last"])
    if last < first:
        raise _BadRowError(f"the range ends at {last}, before its start {first}", "put the lower port first")
    if match["target"] is not None:
        raise _BadRowError(
            "a range keeps its ports, so it takes none at the node",
            f"write {first}-{last}>{shortened(match['address'], 40)}",
        )
    return PortRow(first, last, _address(match["address"]), first, line)


def _port(text: str) -> int:
    digits = text.lstrip("0")
    if not digits or len(digits) > len(str(LAST)) or int(digits) > LAST:
        raise _BadRowError(f"there is no port {shortened(text, 20)}", f"use a port from 1 to {LAST}")
    return int(digits)


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise _BadRowError(
            f"{shortened(text, 40)} is no IPv4 address", "write the node's private address, like 192.168.1.2"
        ) from error


def _check(row: PortRow, rules: _Rules) -> None:
    network = rules.network
    if row.address not in network or row.address in (network.network_address, network.broadcast_address):
        raise _BadRowError(
            f"no node can have {row.address}: the bridge's network is {network}",
            "use a node's private address",
        )
    if row.address == rules.bridge:
        raise _BadRowError(f"{row.address} is the bridge itself, not a node", "use a node's private address")
    _check_reserved(row)


def _check_reserved(row: PortRow) -> None:
    for port, use in RESERVED.items():
        if port in row.host_ports:
            raise _BadRowError(
                f"port {port} is {use}", "take another host port, as the original did with 2222 for ssh"
            )


def _check_number(number: int) -> None:
    if number > MOST_ROWS:
        raise _BadRowError(f"this is row {number}", f"write at most {MOST_ROWS} rows; a range takes one")


def _check_clash(row: PortRow, earlier: list[PortRow]) -> None:
    other = next((other for other in earlier if row.clashes(other)), None)
    if other is not None:
        raise _BadRowError(
            f"line {other.line} already has {_shared(row, other)}: {other}",
            "give each row its own host ports",
        )


def _shared(one: PortRow, other: PortRow) -> str:
    first, last = max(one.first, other.first), min(one.last, other.last)
    return f"host port {first}" if first == last else f"host ports {first} to {last}"


def _error(path: Path, faults: list[_Fault]) -> InputError:
    if len(faults) == 1:
        fault = faults[0]
        return InputError(
            f"bad row in the port table: {fault.row}",
            where=f"{path}:{fault.line}",
            why=fault.why,
            remedy=fault.remedy,
        )
    lines = [f"{path}:{fault.line}: {fault.row}: {fault.why}; {fault.remedy}" for fault in faults]
    return InputError(
        f"{'at least ' if len(faults) == MOST_FAULTS else ''}{len(faults)} bad rows in the port table",
        where=str(path),
        why="\n       ".join(["", *lines]).strip(),
        remedy="mend each of these rows and start again",
    )
