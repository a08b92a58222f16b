"""The ledger: the journal of everything created on a host, written before it is created.

One file a box, one JSON object a line.  An ``intend`` line is on disk before its resource exists, a ``gone``
line after it was removed.  Replaying the open lines backwards removes what is left of a dead box, and
nothing else: each kind of resource identifies itself by more than a name (a token, an inode).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness import state
from harness.errors import HarnessError, HostError


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
    def locked(self) -> Iterator[None]:
        """Hold the box: one process at a time may create or remove its resources."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = self.path.with_suffix(".lock")
        with lock.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LedgerBusyError(
                    f"the box {self.box!r} is being started or stopped by another process",
                    where=str(self.path),
                    remedy="wait for it to end, or choose another name with --box NAME",
                ) from None
            yield

    def forget_lock(self) -> None:
        """Remove the lock file of a box that has nothing left in the ledger."""
        if not self.path.exists():
            self.path.with_suffix(".lock").unlink(missing_ok=True)

    def intend(self, kind: str, key: str, **details: str) -> Entry:
        """Write down that a resource is about to be created; it is on disk when this returns."""
        entry = Entry(kind, key, details)
        if entry not in self.open_entries():
            self._append({"op": "intend", "kind": kind, "key": key, "details": details})
        return entry

    def gone(self, entry: Entry) -> None:
        """Write down that a resource no longer exists."""
        self._append({"op": "gone", "kind": entry.kind, "key": entry.key})

    def open_entries(self) -> list[Entry]:
        """Resources intended and not known to be gone, oldest first."""
        entries: dict[tuple[str, str], Entry] = {}
        for line in self._lines():
            name = (line["kind"], line["key"])
            if line["op"] == "intend":
                entries[name] = Entry(line["kind"], line["key"], line.get("details", {}))
            else:
                entries.pop(name, None)
        return list(entries.values())

    def replay(self, undo: Mapping[str, Undo], kinds: frozenset[str] | None = None) -> list[Entry]:
        """Remove open resources, newest first, of the given kinds (all by default).

        Goes on after a failure and raises the failures together at the end.
        """
        done: list[Entry] = []
        failures: list[Exception] = []
        for entry in reversed(self.open_entries()):
            if kinds is not None and entry.kind not in kinds:
                continue
            try:
                undo[entry.kind](entry)
            except Exception as error:
                failures.append(error)
                continue
            self.gone(entry)
            done.append(entry)
        if failures:
            raise LedgerError(self.box, failures)
        if not self.open_entries():
            self.path.unlink(missing_ok=True)
        return done

    def _append(self, line: Mapping[str, object]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.open("ab") as handle:
            # A torn last line of a killed writer must not swallow this one.
            torn = handle.tell() > 0 and not self.path.read_bytes().endswith(b"\n")
            handle.write((b"\n" if torn else b"") + json.dumps(line).encode() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())

    def _lines(self) -> Iterator[dict[str, object] | dict[str, str]]:
        if not self.path.exists():
            return
        for text in self.path.read_text().splitlines():
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                # Only a line that was cut off by a kill: its resource was never created.
                continue


class LedgerBusyError(HostError):
    """Another process is creating or removing resources of the box."""


class LedgerError(HarnessError):
    """Some resources of a box could not be removed."""

    def __init__(self, box: str, failures: list[Exception]) -> None:
        self.failures = failures
        super().__init__(
            f"{len(failures)} resource(s) of the box {box!r} could not be removed",
            why="; ".join(str(failure) for failure in failures),
            remedy=f"run `./icebox ledger clean --box {box}` again once the cause is gone",
        )


def boxes(directory: Path | None = None) -> list[str]:
    """Names of the boxes that the ledger knows, dead or alive."""
    where = directory or state.ledger_dir()
    return sorted(path.stem for path in where.glob("*.jsonl")) if where.is_dir() else []
