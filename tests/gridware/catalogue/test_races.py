"""Several processes at one catalogue at once: each name is given exactly once."""

import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

from tests.gridware.catalogue.people import Server, guid, surl

TOP = "/grid/gilda"
PROCESSES, NAMES = 4, 25


def _take_all(path: str, number: int, results: Any) -> None:
    """Try to create every name; tell which were won."""
    from gridware.catalogue.server.caller import Caller
    from gridware.catalogue.server.database import Database
    from gridware.catalogue.server.errors import CatalogueError

    server = Server(Database(Path(path), "gilda"))
    me = Caller(f"/CN=Student {number}", ("gilda",))
    won = []
    for name in range(NAMES):
        wish = {"kind": "create", "guid": guid(), "surl": surl(), "lfn": f"{TOP}/n{name}"}
        try:
            server.ask(me, "commit", id=server.ask(me, "intend", **wish)["id"], **wish)
        except CatalogueError as error:
            if error.code != "EEXIST":
                raise
        else:
            won.append(name)
    results.put((me.dn, won))


def test_every_name_has_one_winner(tmp_path: Path, server: Any, one: Any) -> None:
    start = multiprocessing.get_context("fork")
    results = start.Queue()
    path = str(tmp_path / "catalogue.db")
    server.store.close()  # SQLite's connections must not cross a fork
    workers = [start.Process(target=_take_all, args=(path, number, results)) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    won = dict(results.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert sorted(name for names in won.values() for name in names) == list(range(NAMES))
    for dn, names in won.items():
        for name in names:
            assert server.ask(one, "stat", path=f"{TOP}/n{name}")["owner"] == dn
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM replica").fetchone() == (NAMES,)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


def test_what_was_committed_outlives_the_process(tmp_path: Path, server: Any, one: Any) -> None:
    from gridware.catalogue.server.database import Database

    made = server.create(one, f"{TOP}/f")
    server.store.close()
    again = Server(Database(tmp_path / "catalogue.db", "gilda"))
    assert again.ask(one, "file", file=f"guid:{made['guid']}")["surls"] == [made["surl"]]
    again.store.close()
