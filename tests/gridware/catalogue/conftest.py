"""The catalogue, its commands and its sweeper; no network, no root."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gridware.catalogue.connection import Catalogue
from gridware.catalogue.errors import DataError
from gridware.catalogue.infosys import InformationSystem
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.database import Database
from gridware.catalogue.server.errors import CatalogueError
from gridware.catalogue.session import Session
from tests.gridware.catalogue.people import Server
from tests.gridware.catalogue.storage import Storage, Type


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "catalogue.db", "gilda")
    yield made
    made.close()


@pytest.fixture
def server(store: Database) -> Server:
    """Answers as the catalogue would, to whom it is told."""
    return Server(store)


@pytest.fixture
def one() -> Caller:
    return Caller("/CN=Student 01", ("gilda",))


@pytest.fixture
def two() -> Caller:
    return Caller("/CN=Student 02", ("gilda",))


@pytest.fixture
def admin() -> Caller:
    return Caller("/CN=Manager", ("gilda/Role=SoftwareManager", "gilda"), admin=True)


@pytest.fixture
def sweeper() -> Caller:
    return Caller("/CN=se.example.org", storage="se.example.org")


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def type_in(
    server: Any,
    one: Any,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Type:
    """Runs a command as the first student; exit code, standard output and standard error come back."""

    def ask(_self: Any, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = server.ask(one, operation, **arguments)
        except CatalogueError as error:
            raise DataError(error.code, error.subject, error.reason) from None
        return found

    monkeypatch.setattr(Catalogue, "ask", ask)
    monkeypatch.setattr(Session, "mover", storage)
    monkeypatch.setattr(Session, "new_mover", lambda _self: storage)
    monkeypatch.setattr(InformationSystem, "area", lambda _self, _se, _vo: "/storage/gilda")
    monkeypatch.setattr(InformationSystem, "port", lambda _self, _se: 2811)
    monkeypatch.setattr("gridware.catalogue.interrupt.install", lambda: None)
    monkeypatch.setattr("gridware.catalogue.interrupt.ignore", lambda: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("LFC_HOST", "lfc.example.org")
    monkeypatch.setenv("LCG_GFAL_VO", "gilda")
    monkeypatch.setenv("VO_GILDA_DEFAULT_SE", "se.example.org")
    monkeypatch.delenv("LFC_HOME", raising=False)
    (tmp_path / "data").write_text("Hello\n")
    monkeypatch.chdir(tmp_path)

    def run(main: Callable[[list[str]], int], *arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
