"""Paths, directories, names: made, moved and removed by whom they belong to."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gridware.catalogue.server import tree
from gridware.catalogue.server.database import Database

TOP = "/grid/gilda"


def test_a_new_catalogue_has_the_vos_directory(server: Any, one: Any) -> None:
    assert server.names(one, TOP) == ["generated"]
    assert server.ask(one, "stat", path=TOP)["mode"] == 0o775


def test_a_directory_is_its_makers(server: Any, one: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/mine", mode=0o755)
    entry = server.ask(one, "stat", path=f"{TOP}/mine")
    assert (entry["owner"], entry["group"], entry["uid"], entry["gid"]) == (
        "/CN=Student 01",
        "gilda",
        101,
        101,
    )


def test_nobody_makes_what_is_there(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o755)
    server.refuses("EEXIST", two, "mkdir", path=f"{TOP}/a", mode=0o755)
    server.ask(two, "mkdir", path=f"{TOP}/a", mode=0o755, parents=True)
    server.refuses("EEXIST", one, "mkdir", path="/", mode=0o755)


def test_parents_are_made_when_asked(server: Any, one: Any) -> None:
    server.refuses("ENOENT", one, "mkdir", path=f"{TOP}/a/b/c", mode=0o755)
    server.ask(one, "mkdir", path=f"{TOP}/a/b/c", mode=0o700, parents=True)
    assert server.ask(one, "stat", path=f"{TOP}/a/b/c")["mode"] == 0o700
    assert server.ask(one, "stat", path=f"{TOP}/a/b")["mode"] == 0o755


@pytest.mark.parametrize("path", ["relative", f"{TOP}/new\nline", f"{TOP}/{'x' * 256}", "/" + "y/" * 600])
def test_paths_that_cannot_be(server: Any, one: Any, path: str) -> None:
    code = "ENAMETOOLONG" if path.isprintable() and path.startswith("/") else "EINVAL"
    server.refuses(code, one, "mkdir", path=path, mode=0o755)


def test_dots_lead_where_they_should(server: Any, one: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/./x/../a//", mode=0o755)
    assert "a" in server.names(one, f"{TOP}/a/..")


def test_a_file_is_no_directory(server: Any, one: Any) -> None:
    server.create(one, f"{TOP}/f")
    for operation in ("list", "stat"):
        path = f"{TOP}/f" if operation == "list" else f"{TOP}/f/below"
        server.refuses("ENOTDIR", one, operation, path=path)
    server.refuses("ENOTDIR", one, "mkdir", path=f"{TOP}/f/below", mode=0o755)


def test_names_come_in_order(server: Any, one: Any) -> None:
    for name in ("c", "a", "b"):
        server.ask(one, "mkdir", path=f"{TOP}/{name}", mode=0o755)
    assert server.names(one, TOP) == ["a", "b", "c", "generated"]


def test_rename_moves_all_below(server: Any, one: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a/b", mode=0o755, parents=True)
    made = server.create(one, f"{TOP}/a/b/f")
    server.ask(one, "rename", old=f"{TOP}/a", new=f"{TOP}/z")
    assert server.ask(one, "file", file=f"guid:{made['guid']}")["lfns"] == [f"{TOP}/z/b/f"]
    server.refuses("ENOENT", one, "stat", path=f"{TOP}/a")


def test_a_directory_that_may_not_be_written_keeps_its_name(server: Any, one: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o555)
    server.refuses("EACCES", one, "rename", old=f"{TOP}/a", new=f"{TOP}/z")
    server.ask(one, "alias", file=f"lfn:{TOP}/a", lfn=f"{TOP}/link")
    server.ask(one, "rename", old=f"{TOP}/link", new=f"{TOP}/z")


def test_rename_overwrites_nothing(server: Any, one: Any) -> None:
    server.create(one, f"{TOP}/f")
    server.create(one, f"{TOP}/g")
    server.refuses("EEXIST", one, "rename", old=f"{TOP}/f", new=f"{TOP}/g")
    server.ask(one, "rename", old=f"{TOP}/f", new=f"{TOP}/./f")


def test_a_directory_is_not_moved_into_itself(server: Any, one: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a/b", mode=0o755, parents=True)
    server.refuses("EINVAL", one, "rename", old=f"{TOP}/a", new=f"{TOP}/a/b/c")
    server.refuses("EINVAL", one, "rename", old=f"{TOP}/a", new=f"{TOP}/a/c")


def test_only_empty_directories_go(server: Any, one: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a/b", mode=0o755, parents=True)
    server.refuses("ENOTEMPTY", one, "remove", path=f"{TOP}/a")
    server.ask(one, "remove", path=f"{TOP}/a/b")
    server.ask(one, "remove", path=f"{TOP}/a")
    server.refuses("ENOENT", one, "stat", path=f"{TOP}/a")


def test_a_name_can_be_used_again(server: Any, one: Any, two: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.ask(one, "unregister", guid=made["guid"], surl=made["surl"])
    server.create(two, f"{TOP}/f")
    assert server.ask(one, "stat", path=f"{TOP}/f")["owner"] == two.dn


def test_a_file_with_replicas_keeps_its_last_name(server: Any, one: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.refuses("EEXIST", one, "remove", path=f"{TOP}/f")
    server.ask(one, "alias", file=f"guid:{made['guid']}", lfn=f"{TOP}/g")
    server.ask(one, "remove", path=f"{TOP}/f")
    assert server.ask(one, "file", file=f"lfn:{TOP}/g")["lfns"] == [f"{TOP}/g"]
    server.refuses("EEXIST", one, "remove", path=f"{TOP}/g")


def test_a_catalogue_from_before_names_had_owners(tmp_path: Path, one: Any, two: Any) -> None:
    Database(tmp_path / "old.db", "gilda").close()
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        db.execute("ALTER TABLE name DROP COLUMN owner")
    with closing(Database(tmp_path / "old.db", "gilda")) as store, store.change() as db:
        tree.mkdir(db, one, f"{TOP}/d", 0o755, parents=False)
        tree.link(db, two, tree.find(db, two, f"{TOP}/d"), f"{TOP}/d", f"{TOP}/link")
        tree.remove(db, two, f"{TOP}/link")
