"""The books: every job with its state, and every event of it, in one SQLite file that outlives any kill.

What is committed here has happened; HTCondor's queue and the sandboxes are brought into line with it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gridware.wms.broker.job import NORMAL, Job, State

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, vo TEXT NOT NULL,
    fqans TEXT NOT NULL,
    account TEXT NOT NULL, jdl TEXT NOT NULL, files TEXT NOT NULL, parent TEXT NOT NULL, node TEXT NOT NULL,
    kind TEXT NOT NULL, state TEXT NOT NULL, started INTEGER NOT NULL DEFAULT 0,
    submitted REAL NOT NULL, changed REAL NOT NULL, due REAL NOT NULL DEFAULT 0,
    trouble REAL NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0, shallow INTEGER NOT NULL DEFAULT 0, deep INTEGER NOT NULL DEFAULT 0,
    key TEXT NOT NULL DEFAULT '', claim TEXT NOT NULL DEFAULT '', ceid TEXT NOT NULL DEFAULT '',
    since REAL NOT NULL DEFAULT 0, worker TEXT NOT NULL DEFAULT '', contact TEXT NOT NULL DEFAULT '',
    outputs TEXT NOT NULL DEFAULT '[]', exit_code INTEGER, reason TEXT NOT NULL DEFAULT '',
    failure TEXT NOT NULL DEFAULT '', leftover INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS jobs_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_owner ON jobs (owner);
CREATE INDEX IF NOT EXISTS jobs_parent ON jobs (parent);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, job INTEGER NOT NULL, time REAL NOT NULL, name TEXT NOT NULL,
    source TEXT NOT NULL, attributes TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_job ON events (job);
CREATE TABLE IF NOT EXISTS accounts (owner TEXT PRIMARY KEY, account TEXT UNIQUE NOT NULL);
"""

_COLUMNS = list(Job.__dataclass_fields__)


class Store:
    """The books, shared by all threads; each ``with store.change():`` happens as a whole or not at all."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.RLock()
        self._depth = 0
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the database back; everything written is on disk already."""
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction; inside another it is part of that."""
        with self._lock:
            if not self._depth:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def add(self, job: Job) -> None:
        """Book a new job; its id must be new (sqlite3.IntegrityError)."""
        names = [name for name in _COLUMNS if name != "number"]
        marks = ", ".join("?" * len(names))
        row = [_stored(getattr(job, name)) for name in names]
        with self.change():
            self._db.execute(f"INSERT INTO jobs ({', '.join(names)}) VALUES ({marks})", row)

    def update(self, job_id: str, **values: Any) -> None:
        """Set columns of a job; a new ``state`` moves ``changed``."""
        if "state" in values:
            values.setdefault("changed", time.time())
        assignments = ", ".join(f"{name} = ?" for name in values)
        row = [_stored(value) for value in values.values()]
        with self.change():
            self._db.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", (*row, job_id))

    def job(self, job_id: str) -> Job | None:
        return next(iter(self._jobs("id = ?", (job_id,))), None)

    def in_states(self, states: Iterable[State]) -> list[Job]:
        wanted = [state.value for state in states]
        return self._jobs(f"state IN ({', '.join('?' * len(wanted))})", wanted)

    def compounds(self, states: Iterable[State]) -> list[Job]:
        """DAGs and collections in these states."""
        wanted = [state.value for state in states]
        return self._jobs(f"state IN ({', '.join('?' * len(wanted))}) AND kind <> ?", [*wanted, NORMAL])

    def of_owner(self, owner: str) -> list[Job]:
        return self._jobs("owner = ?", (owner,))

    def children(self, parent: str) -> list[Job]:
        return self._jobs("parent = ?", (parent,))

    def leftovers(self) -> list[Job]:
        """Ended jobs that may still have something in HTCondor's queue."""
        return self._jobs("leftover = 1", ())

    def log(
        self, job_id: str, name: str, source: str, attributes: Mapping[str, object] | None = None
    ) -> None:
        """Book an event of a job, now."""
        with self.change():
            self._db.execute(
                "INSERT INTO events (job, time, name, source, attributes) "
                "SELECT number, ?, ?, ?, ? FROM jobs WHERE id = ?",
                (
                    time.time(),
                    name,
                    source,
                    json.dumps({k: str(v) for k, v in (attributes or {}).items()}),
                    job_id,
                ),
            )

    def events(self, job_id: str) -> list[tuple[str, float, str, dict[str, str]]]:
        """Name, time, source and attributes of each event of a job, oldest first."""
        query = (
            "SELECT name, time, source, attributes FROM events "
            "WHERE job = (SELECT number FROM jobs WHERE id = ?) ORDER BY number"
        )
        with self._lock:
            rows = self._db.execute(query, (job_id,)).fetchall()
        return [(name, when, source, json.loads(attributes)) for name, when, source, attributes in rows]

    def account(self, owner: str, pool: Iterable[str]) -> str:
        """The account leased to an owner for good: for a new owner the next free one, if there is any."""
        with self.change():
            rows = dict(self._db.execute("SELECT owner, account FROM accounts").fetchall())
            if owner not in rows:
                taken = set(rows.values())
                free = next((name for name in pool if name not in taken), "")
                if not free:
                    return ""
                self._db.execute("INSERT INTO accounts VALUES (?, ?)", (owner, free))
                rows[owner] = free
            return str(rows[owner])

    def _jobs(self, where: str, values: Iterable[object]) -> list[Job]:
        query = f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE {where} ORDER BY number"
        with self._lock:
            rows = self._db.execute(query, tuple(values)).fetchall()
        return [Job.of_row(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def _stored(value: object) -> object:
    if isinstance(value, State):
        return value.value
    if isinstance(value, (list, tuple)):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value
