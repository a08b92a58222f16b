"""The lcg-* commands when a storage element or the catalogue fails them half way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridware.catalogue.connection import Catalogue
from gridware.catalogue.errors import CatalogueSilentError, DataError, Interrupted
from gridware.catalogue.lcg import cp, cr, delete, query, rep
from tests.gridware.catalogue.storage import Storage, Type

SE = "se.example.org"
LFN = "lfn:/grid/gilda/f"


@pytest.mark.parametrize("error", [DataError("ENOSPC", "x"), Interrupted(15)], ids=["no space", "signal"])
def test_what_failed_half_way_is_taken_back(
    type_in: Type, storage: Storage, error: BaseException, server: Any, one: Any
) -> None:
    def fault(operation: str, _url: str) -> None:
        if operation == "put":
            raise error

    storage.fault = fault
    code, out, err = type_in(cr.main, "-l", LFN, "file:data")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] in ("lcg_cr: No space left on device", "lcg_cr: Interrupted system call")
    assert storage.files == {}
    assert server.store._connection().execute("SELECT count(*) FROM intent").fetchone()[0] == 0


@pytest.mark.parametrize("error", [DataError("ENOSPC", "x"), Interrupted(15)], ids=["no space", "signal"])
@pytest.mark.parametrize("third_party", [False, True])
def test_a_copy_that_failed_half_way_leaves_no_part(
    type_in: Type, storage: Storage, error: BaseException, third_party: bool
) -> None:
    storage.files["gsiftp://other.example.org/file"] = b"Hello\n"
    storage.fault = _failing({"put", "third_party"}, error)
    source = "gsiftp://other.example.org/file" if third_party else "file:data"
    code, _, err = type_in(cp.main, source, f"gsiftp://{SE}/storage/file")
    assert code == 1
    assert err.splitlines()[-1] in ("lcg_cp: No space left on device", "lcg_cp: Interrupted system call")
    assert list(storage.files) == ["gsiftp://other.example.org/file"]


def test_a_copy_that_failed_removes_nothing_that_was_there(type_in: Type, storage: Storage) -> None:
    url = f"gsiftp://{SE}/storage/file"
    storage.files[url] = b"older and longer"
    storage.fault = _failing({"put"}, DataError("ENOSPC", url))
    code, _, err = type_in(cp.main, "file:data", url)
    assert (code, err.splitlines()[-1]) == (1, "lcg_cp: No space left on device")
    assert url in storage.files
    assert f"{url}: the file that was there is lost" in err


def test_a_part_that_can_not_be_removed_is_told_of(type_in: Type, storage: Storage) -> None:
    url = f"gsiftp://{SE}/storage/file"
    storage.fault = _failing({"put", "unlink"}, DataError("ECONNREFUSED", url))
    code, _, err = type_in(cp.main, "file:data", url)
    assert (code, err.splitlines()[-1]) == (1, "lcg_cp: Connection refused")
    assert f"a part of the file may be left there: {url}" in err


def _failing(operations: set[str], error: BaseException) -> Callable[[str, str], None]:
    def fault(operation: str, _url: str) -> None:
        if operation in operations:
            raise error

    return fault


def test_an_answer_that_was_lost_costs_no_file(
    type_in: Type, storage: Storage, monkeypatch: pytest.MonkeyPatch, server: Any, one: Any
) -> None:
    def ask(_self: Any, operation: str, **arguments: Any) -> dict[str, Any]:
        found: dict[str, Any] = server.ask(one, operation, **arguments)
        if operation == "commit":
            raise CatalogueSilentError("ECOMM", "lfc.example.org", "reset")
        return found

    monkeypatch.setattr(Catalogue, "ask", ask)
    code, _, err = type_in(cr.main, "-l", LFN, "file:data")
    assert code == 1
    assert "send2nsd: NS000 - name server not available on lfc.example.org" in err
    assert len(storage.files) == 1
    assert len(server.ask(one, "file", file=LFN)["surls"]) == 1


def test_a_file_that_may_not_go_keeps_its_entry(type_in: Type, storage: Storage) -> None:
    type_in(cr.main, "-l", LFN, "file:data")

    def fault(operation: str, url: str) -> None:
        if operation == "unlink":
            raise DataError("EACCES", url)

    storage.fault = fault
    code, _, err = type_in(delete.main, "-a", LFN)
    assert (code, err.splitlines()[-1]) == (1, "lcg_del: Permission denied")
    assert type_in(query.replicas, LFN)[0] == 0
    storage.fault = lambda operation, url: None
    assert type_in(delete.main, "-a", LFN)[0] == 0


def test_a_dead_replica_is_passed_over(type_in: Type, storage: Storage, tmp_path: Path) -> None:
    type_in(cr.main, "-l", LFN, "file:data")
    type_in(rep.main, "-d", "other.example.org", LFN)

    def fault(operation: str, url: str) -> None:
        if operation == "fetch" and SE in url and "other" not in url:
            raise DataError("ECONNREFUSED", url)

    storage.fault = fault
    assert type_in(cp.main, LFN, "file:back")[0] == 0
    assert (tmp_path / "back").read_text() == "Hello\n"


def test_an_se_that_is_never_reached_changes_nothing(type_in: Type, storage: Storage) -> None:
    type_in(cr.main, "-l", LFN, "file:data")

    def fault(operation: str, url: str) -> None:
        raise DataError("ECONNREFUSED", url)

    storage.fault = fault
    code, _, err = type_in(delete.main, "-a", LFN)
    assert (code, err.splitlines()[-1]) == (1, "lcg_del: Connection refused")
    assert type_in(query.replicas, LFN)[1].startswith(f"sfn://{SE}/")
    storage.fault = lambda operation, url: None
    assert type_in(delete.main, "-a", LFN)[0] == 0


def test_a_deletion_of_unknown_end_is_told_of(type_in: Type, storage: Storage) -> None:
    type_in(cr.main, "-l", LFN, "file:data")

    def fault(operation: str, url: str) -> None:
        raise DataError("ETIMEDOUT", url)

    storage.fault = fault
    code, _, err = type_in(delete.main, "-a", LFN)
    assert (code, err.splitlines()[-1]) == (1, "lcg_del: Connection timed out")
    assert delete.LATER in err
    for main, arguments, name in (
        (delete.main, ["-a", LFN], "lcg_del"),
        (cp.main, [LFN, "file:back"], "lcg_cp"),
        (rep.main, ["-d", "other.example.org", LFN], "lcg_rep"),
    ):
        code, _, err = type_in(main, *arguments)
        assert (code, err.splitlines()[-1]) == (1, f"{name}: Device or resource busy")
        assert "being deleted" in err
