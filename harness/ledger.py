"""The ledger: the journal of everything created on a host, written before it is created.

One file a box, one JSON object a line.  An ``intend`` line is on disk before its resource exists, a ``gone``
line after it was removed.  Replaying the open lines backwards removes what is left of a dead box, and
nothing else: each kind of resource identifies itself by more than a name that somebody else might use.

Every line says the version of the journal it is written for.  Versions of icebox share a host: a journal with
a line, an operation or a kind that this one does not know is a later one's, and is read, cleaned and removed
by that one only.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from harness import durable, state
from harness.deadline import Deadline
from harness.errors import HarnessError, HostError, shown

FOREVER = math.inf
VERSION = 1
"""Of the journal.  Raise it when a kind or a detail comes to mean something else; readers of all versions
look at the key ``version`` of each line.  Lines without it are of version 1."""
KINDS = [
    *("accounts", "builder", "cgroup", "data", "directory", "emulator", "fault", "holder", "installed"),
    *("kept", "laptop", "line", "logical-volume", "names", "owner", "revert", "snapshot", "spare"),
    *("suspended", "unit", "volume", "volume-group"),
]
"""Kinds of resources, and of notes on a box, that this icebox can tell dead from alive and remove; a kind of
dom0 adds its own."""
OPERATIONS = ("intend", "gone")
LONGEST = 1 << 24
"""Bytes of a journal: a box that is started each day has a few hundred a day."""


@dataclass(frozen=True)
class Entry:
    """One resource: its kind, what identifies it, and details for its removal."""

    kind: str
    key: str
    details: Mapping[str, str] = field(default_factory=dict)


Undo = Callable[[Entry], None]


class Ledger:
    """The journal of one box."""

    def __init__(self, box: str, directory: Path | None = None) -> None:
        self.box = box
        self.path = (directory or state.ledger_dir()) / f"{box}.jsonl"

    @contextmanager
    def locked(self, patience: float = 0.0, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the box: one process at a time may create or remove its resources.

        Waits ``patience`` seconds for another one, after calling ``waiting`` once; raises LedgerBusyError.
        """
        self._make_directory()
        handle = self._lock(Deadline(patience), waiting)
        try:
            yield
        finally:
            if self.is_over:
                self.path.unlink(missing_ok=True)
                self._lock_path.unlink(missing_ok=True)
            handle.close()

    @property
    def _lock_path(self) -> Path:
        return self.path.with_suffix(".lock")

    def _lock(self, deadline: Deadline, waiting: Callable[[], None]) -> IO[str]:
        told = False
        while True:
            with durable.writing(self._lock_path):
                handle = self._lock_path.open("w")
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Its last holder may have removed the file in between: then another one is the lock.
                if durable.is_at(handle.fileno(), self._lock_path):
                    return handle
                handle.close()
                continue
            handle.close()
            if deadline.expired:
                raise LedgerBusyError(
                    f"the box {self.box!r} is being started or stopped by another process",
                    where=str(self.path),
                    remedy="wait for it to end, or choose another name with --box NAME",
                )
            if not told:
                waiting()
                told = True
            time.sleep(0.02)

    def intend(self, kind: str, key: str, **details: str) -> Entry:
        """Write down that a resource is about to be created; it is on disk when this returns."""
        assert kind in KINDS, kind
        entry = Entry(kind, key, details)
        if entry not in self.open_entries():
            self._append({"version": VERSION, "op": "intend", "kind": kind, "key": key, "details": details})
        return entry

    def gone(self, entry: Entry) -> None:
        """Write down that a resource no longer exists."""
        self._append({"version": VERSION, "op": "gone", "kind": entry.kind, "key": entry.key})

    def open_entries(self) -> list[Entry]:
        """Resources intended and not known to be gone, oldest first; raises LaterLedgerError."""
        entries: dict[tuple[str, str], Entry] = {}
        for line in self._lines():
            name = (line["kind"], line["key"])
            if line["op"] == "intend":
                entries[name] = Entry(*name, line.get("details", {}))
            else:
                entries.pop(name, None)
        return list(entries.values())

    @property
    def is_over(self) -> bool:
        """Whether no entry is open, as far as this icebox can tell."""
        try:
            return not self.open_entries()
        except LaterLedgerError:
            return False

    def of_kind(self, kind: str) -> list[Entry]:
        """Open entries of one kind."""
        return [entry for entry in self.open_entries() if entry.kind == kind]

    def replay(self, undo: Mapping[str, Undo], kinds: frozenset[str] | None = None) -> list[Entry]:
        """Remove open resources, newest first, of the given kinds (all by default).

        Goes on after a failure and raises the failures together at the end.
        """
        done: list[Entry] = []
        failures: list[tuple[str, Exception]] = []
        for entry in reversed(self.open_entries()):
            if kinds is not None and entry.kind not in kinds:
                continue
            try:
                undo[entry.kind](entry)
                self.gone(entry)
            except Exception as error:
                failures.append((entry.kind, error))
            else:
                done.append(entry)
        if failures:
            left = frozenset(kind for kind, _ in failures)
            raise LedgerError(self.box, [error for _, error in failures], left)
        return done

    def _make_directory(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _append(self, line: Mapping[str, object]) -> None:
        """Raises UnwritableError."""
        with durable.writing(self.path):
            self._make_directory()
            fresh = not self.path.exists()
            with self.path.open("ab") as handle:
                # A torn last line of a killed writer must not swallow this one.
                torn = handle.tell() > 0 and not self.path.read_bytes().endswith(b"\n")
                handle.write((b"\n" if torn else b"") + json.dumps(line).encode() + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            if fresh:
                durable.sync(self.path.parent)

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for text in self._text().splitlines():
            # Not whole is only a line that a kill or a power loss cut off: its resource was never created.
            # Rubbish that stands there otherwise was not written by any icebox, and names no resource either.
            with contextlib.suppress(ValueError, RecursionError):
                line = json.loads(text)
                if isinstance(line, dict):
                    self._refuse_later(line)
                    if _is_whole(line):
                        yield line

    def _text(self) -> str:
        size = self.path.stat().st_size
        if not self.path.is_file() or size > LONGEST:
            raise LedgerDamagedError(self, f"it is no ordinary file of at most {LONGEST} bytes")
        return self.path.read_text(errors="replace")

    def _refuse_later(self, line: Mapping[str, Any]) -> None:
        known = {"version": range(1, VERSION + 1), "op": OPERATIONS, "kind": KINDS}
        for name, values in known.items():
            if name in line and line[name] not in values:
                raise LaterLedgerError(self, f"a line of it has the {name} {shown(line[name])}")


class LedgerBusyError(HostError):
    """Another process is creating or removing resources of the box."""


class LedgerDamagedError(HostError):
    """Something else stands where the journal should."""

    def __init__(self, ledger: Ledger, why: str) -> None:
        super().__init__(
            f"the journal of the box {ledger.box!r} can't be read; nothing of it was touched",
            where=str(ledger.path),
            why=why,
            remedy="move it away, or choose another name with --box NAME",
        )


class LaterLedgerError(HostError):
    """A later icebox wrote the journal: what stands in it must be left to that one."""

    def __init__(self, ledger: Ledger, why: str) -> None:
        super().__init__(
            f"what there is of the box {ledger.box!r} was made by a later icebox; nothing of it was touched",
            where=str(ledger.path),
            why=why,
            remedy="use the icebox that made it, or choose another name with --box NAME",
        )


class LedgerError(HarnessError):
    """Some resources of a box, of these ``kinds``, could not be removed."""

    def __init__(self, box: str, failures: list[Exception], kinds: frozenset[str] = frozenset()) -> None:
        self.failures, self.kinds = failures, kinds
        super().__init__(
            f"{len(failures)} resource(s) of the box {box!r} could not be removed",
            why="; ".join(str(failure) for failure in failures),
            remedy="run `./icebox ledger clean` again once the cause is gone",
        )


def boxes(directory: Path | None = None) -> list[str]:
    """Names of the boxes that the ledger knows, dead or alive."""
    where = directory or state.ledger_dir()
    return sorted(path.stem for path in where.glob("*.jsonl")) if where.is_dir() else []


def _is_whole(line: Mapping[str, Any]) -> bool:
    """Whether a line names a resource."""
    details = line.get("details", {})
    words = [line.get(name) for name in ("op", "kind", "key")]
    if not isinstance(details, dict) or not all(
        isinstance(word, str) for word in (*words, *details.values())
    ):
        return False
    return line["key"] != "" and "\0" not in line["key"]


def tidy(directory: Path) -> None:
    """Remove journals without an open entry and lone locks, whose holders were killed; not held ones."""
    for path in (*directory.glob("*.jsonl"), *directory.glob("*.lock")) if directory.is_dir() else ():
        ledger = Ledger(path.stem, directory)
        if ledger.is_over:
            with contextlib.suppress(LedgerBusyError), ledger.locked():
                pass
