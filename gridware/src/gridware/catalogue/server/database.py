"""The catalogue's SQLite database: one connection a thread, each change one durable transaction."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_SECONDS = 20.0
"""How long a writer waits for another; a change takes about a millisecond."""
ROOT = 1
"""Id of the directory ``/``."""
SYSTEM = "root"
"""Owner of what nobody made."""

Connection = sqlite3.Connection
Row = sqlite3.Row


class Database:
    """Opened once for all threads of a process; several processes may share the file."""

    def __init__(self, path: Path, vo: str) -> None:
        self._path = path
        self._local = threading.local()
        try:
            with self.change() as db:
                _prepare(db, vo)
        except sqlite3.Error:
            self.close()
            raise

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """One transaction that sees no other writer; whatever is raised undoes it."""
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """One state of the catalogue, whatever others change meanwhile."""
        db = self._connection()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("ROLLBACK")

    def close(self) -> None:
        """Close this thread's connection."""
        if (db := getattr(self._local, "db", None)) is not None:
            db.close()
            self._local.db = None

    def _connection(self) -> Connection:
        db: Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                _set_up(db)
            except sqlite3.Error:
                db.close()
                raise
            self._local.db = db
        return db


def _set_up(db: Connection) -> None:
    db.row_factory = sqlite3.Row
    # FULL: what a client was told is done outlives a power cut.
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -512"):
        db.execute(f"PRAGMA {setting}")


def _prepare(db: Connection, vo: str) -> None:
    """Make the tables, and the directories every member counts on."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'account'").fetchone() is None:
        for statement in _statements((Path(__file__).parent / "schema.sql").read_text()):
            db.execute(statement)
    if all(column["name"] != "owner" for column in db.execute("PRAGMA table_info(name)")):
        # Made when the owner of a file alone could give it further names.
        db.execute("ALTER TABLE name ADD COLUMN owner TEXT NOT NULL DEFAULT ''")
    for kind in ("user", "group"):
        db.execute("INSERT OR IGNORE INTO account (kind, name, number) VALUES (?, ?, 0)", [kind, SYSTEM])
    now = time.time()
    db.execute(
        "INSERT OR IGNORE INTO node (id, owner, grp, mode, made, changed) VALUES (?, ?, ?, 493, ?, ?)",
        [ROOT, SYSTEM, SYSTEM, now, now],
    )
    grid = _directory(db, ROOT, "grid", SYSTEM, 0o755)
    top = _directory(db, grid, vo, vo, 0o775)
    _directory(db, top, "generated", vo, 0o775)


def _statements(script: str) -> Iterator[str]:
    """Python's executescript would end the transaction."""
    plain = "\n".join(line.partition("--")[0] for line in script.splitlines())
    return (part for part in plain.split(";") if part.strip())


def _directory(db: Connection, parent: int, name: str, group: str, mode: int) -> int:
    found = db.execute("SELECT node FROM name WHERE parent = ? AND name = ?", [parent, name]).fetchone()
    return found["node"] if found else make_directory(db, parent, name, SYSTEM, group, mode)


def make_directory(
    db: Connection, parent: int, name: str, owner: str, group: str, mode: int, acl: str = ""
) -> int:
    """A new directory below ``parent``; its id."""
    now = time.time()
    node = db.execute(
        "INSERT INTO node (owner, grp, mode, acl, made, changed) VALUES (?, ?, ?, ?, ?, ?)",
        [owner, group, mode, acl, now, now],
    ).lastrowid
    assert node is not None
    add_name(db, parent, name, node)
    return node


def add_name(db: Connection, parent: int, name: str, node: int, owner: str = "") -> None:
    """``owner``: whose a further name is; empty for the node's own."""
    values = [parent, name, node, owner]
    db.execute("INSERT INTO name (parent, name, node, owner) VALUES (?, ?, ?, ?)", values)
    touch(db, parent)


def touch(db: Connection, node: int) -> None:
    db.execute("UPDATE node SET changed = ? WHERE id = ?", [time.time(), node])
