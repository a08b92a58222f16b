"""Names in a hosts file: for a class room without a name server, where laptops get the same few lines."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from harness import durable, filelock
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.provider import Answer, Change, unnoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.dns.provider import Record, Sending

SYSTEM = "/etc/hosts"
"""What programs on this machine read (hosts(5))."""
MADE = "# this file was made by icebox"
"""In a block of a file that was not there before: it goes with its block."""
PATIENCE = 20.0
"""Seconds to wait for another box that writes the same file; it takes milliseconds."""
Resolve = Callable[[str], tuple[IPv4Address, ...]]


def system_resolve(name: str) -> tuple[IPv4Address, ...]:
    """Addresses of a name as programs on this machine get them; empty if it has none."""
    try:
        return tuple(sorted(map(IPv4Address, socket.gethostbyname_ex(name)[2])))
    except OSError:
        return ()


@dataclass(frozen=True)
class HostsProvider:
    """Keeps a marked block of ``path`` up to date and leaves the rest of the file alone."""

    path: Path
    block: str = "icebox"
    """Word in the marks; a file can have blocks of several boxes."""
    resolve: Resolve = system_resolve

    @property
    def title(self) -> str:
        return f"hosts file {self.path}"

    def update(
        self, names: Sequence[str], address: IPv4Address, sending: Sending = unnoted
    ) -> tuple[Change, ...]:
        """Rewrite the block if it says anything else; the file is replaced in one step."""
        with self._alone():
            lines = self._lines()
            before, block, after = self._split(lines)
            self._check_strangers([*before, *after], names, address)
            changes = tuple(
                Change(name, seen, address) for name, seen in self._seen(names, lines) if seen != (address,)
            )
            # A block is the box's own in any case, whoever wrote it.
            sending(changes)
            made = MADE in block or not self.path.exists()
            wanted = [*before, *self._written(names, address, made=made), *after]
            if wanted != lines:
                self._replace(wanted)
            return changes

    def withdraw(self, _records: Sequence[Record] = ()) -> tuple[str, ...]:
        """Take the block out again, whatever stands in it; a file that was made for it goes with it."""
        if not self._file.parent.exists():
            return ()
        with self._alone():
            before, block, after = self._split(self._lines())
            if MADE in block and not before and not after:
                self._file.unlink()
            elif block:
                self._replace([*before, *after])
            durable.forget(self._file)
        return ()

    @property
    def _file(self) -> Path:
        """The file itself: a link to it stays one."""
        return Path(os.path.realpath(self.path))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file's directory, as every box does that writes there: none undoes the other's block."""
        try:
            handle = os.open(self._file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unwritable(str(error)) from error
        try:
            filelock.take(handle, "another box to have written the hosts file", PATIENCE, self.path)
            yield
        finally:
            os.close(handle)

    def verify(self, names: Sequence[str], address: IPv4Address) -> tuple[Answer, ...]:
        """The file is the authority, and this machine the resolver if it reads that file."""
        try:
            lines = self._lines()
        except DnsError as error:
            return tuple(Answer(name, self.title, address, problem=error.why) for name in names)
        said = [Answer(name, self.title, address, seen) for name, seen in self._seen(names, lines)]
        if self._file != Path(os.path.realpath(SYSTEM)):
            return tuple(said)
        return (*said, *(Answer(name, "this machine", address, self.resolve(name)) for name in names))

    @property
    def _marks(self) -> tuple[str, str]:
        return f"# {self.block}: begin", f"# {self.block}: end"

    def _written(self, names: Iterable[str], address: IPv4Address, *, made: bool) -> list[str]:
        begin, end = self._marks
        return [begin, *([MADE] if made else []), *(f"{address}\t{name}" for name in names), end]

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise DnsError("the hosts file can't be read", where=str(self.path), why=str(error)) from error
        # At line feeds alone: whatever else stands in lines of others is theirs.
        return text.removesuffix("\n").split("\n") if text else []

    def _split(self, lines: list[str]) -> tuple[list[str], list[str], list[str]]:
        """What stands before the block, the block with its marks, and what stands after it."""
        begin, end = self._marks
        if begin not in lines and end not in lines:
            return lines, [], []
        if lines.count(begin) != 1 or lines.count(end) != 1 or lines.index(begin) > lines.index(end):
            raise DnsRefusedError(
                "the marks of the block are damaged",
                where=str(self.path),
                why=f"there must be one line `{begin}` and one line `{end}` after it",
                remedy="delete both lines and what was between them",
            )
        first, last = lines.index(begin), lines.index(end) + 1
        return lines[:first], lines[first:last], lines[last:]

    def _seen(self, names: Sequence[str], lines: list[str]) -> Iterator[tuple[str, tuple[IPv4Address, ...]]]:
        entries = list(_entries(lines))
        for name in names:
            yield name, tuple(sorted({address for _, address, named in entries if name in named}))

    def _check_strangers(self, lines: list[str], names: Sequence[str], address: IPv4Address) -> None:
        """A line of someone else that names a node elsewhere would win or lose by its place in the file."""
        for text, other, named in _entries(lines):
            clash = sorted(named.intersection(names))
            if clash and other != address:
                raise DnsRefusedError(
                    f"another line already has {', '.join(clash)}",
                    where=str(self.path),
                    why=f"`{text.strip()}` stands outside the block of the box",
                    remedy="delete that line",
                )

    def _replace(self, lines: list[str]) -> None:
        """With its mode and owner; a link keeps pointing at it."""
        try:
            durable.write(self.path, "".join(f"{line}\n" for line in lines))
        except durable.UnwritableError as error:
            raise self._unwritable(error.why) from error

    def _unwritable(self, why: str) -> DnsRefusedError:
        return DnsRefusedError(
            "the hosts file can't be replaced",
            where=str(self.path),
            why=why,
            remedy="run as its owner; if it is a mount point, unmount it, or name another in [dns]",
        )


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, IPv4Address, frozenset[str]]]:
    """Each line of the file with an IPv4 address: its text, the address and the names."""
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) > 1:
            try:
                yield line, IPv4Address(words[0]), frozenset(words[1:])
            except AddressValueError:  # an IPv6 line
                continue
