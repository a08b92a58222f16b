"""Names in a hosts file: for a class room without a name server, where laptops get the same few lines."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.provider import Answer, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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

    def update(self, names: Sequence[str], address: IPv4Address) -> tuple[Change, ...]:
        """Rewrite the block if it says anything else; the file is replaced in one step."""
        lines = self._lines()
        before, _, after = self._split(lines)
        self._check_strangers([*before, *after], names, address)
        changes = tuple(
            Change(name, seen, address) for name, seen in self._seen(names, lines) if seen != (address,)
        )
        wanted = [*before, *self._written(names, address), *after]
        if wanted != lines:
            self._replace(wanted)
        return changes

    def remove(self) -> None:
        """Take the block out again."""
        lines = self._lines()
        before, block, after = self._split(lines)
        if block:
            self._replace([*before, *after])

    def verify(self, names: Sequence[str], address: IPv4Address) -> tuple[Answer, ...]:
        """The file is the authority, and this machine the resolver."""
        try:
            lines = self._lines()
        except DnsError as error:
            return tuple(Answer(name, self.title, address, problem=error.why) for name in names)
        said = [Answer(name, self.title, address, seen) for name, seen in self._seen(names, lines)]
        return (*said, *(Answer(name, "this machine", address, self.resolve(name)) for name in names))

    @property
    def _marks(self) -> tuple[str, str]:
        return f"# {self.block}: begin", f"# {self.block}: end"

    def _written(self, names: Iterable[str], address: IPv4Address) -> list[str]:
        begin, end = self._marks
        return [begin, *(f"{address}\t{name}" for name in names), end]

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise DnsError("the hosts file can't be read", where=str(self.path), why=str(error)) from error

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
        """Write beside the file and rename, with its mode and owner; a link keeps pointing at it."""
        path = Path(os.path.realpath(self.path))
        try:
            handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(handle)
            _copy_rights(path, scratch)
            os.replace(scratch, path)
        except OSError as error:
            os.unlink(scratch)
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> DnsRefusedError:
        return DnsRefusedError(
            "the hosts file can't be replaced",
            where=str(self.path),
            why=str(error),
            remedy="run as its owner; a file that is a mount point of its own can't be replaced at all",
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


def _copy_rights(path: Path, scratch: str) -> None:
    if not path.exists():
        os.chmod(scratch, 0o644)
        return
    rights = path.stat()
    os.chown(scratch, rights.st_uid, rights.st_gid)
    os.chmod(scratch, rights.st_mode & 0o7777)
