"""The catalogue as a WSGI application."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from gridware.catalogue.server.application import LARGEST, Application
from gridware.catalogue.server.caller import Caller
from gridware.catalogue.server.settings import Settings


def asked(application: Application, **more: str) -> tuple[str, dict[str, Any]]:
    """The answer to a question of a member's."""
    told: list[str] = []
    environ = more | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/1/renew",
        "wsgi.input": io.BytesIO(b""),
        "wsgi.errors": io.StringIO(),
    }
    [body] = application(environ, lambda status, headers: told.append(status))
    return told[0], json.loads(body)


def test_a_database_that_can_not_be_opened_is_told_of_and_may_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason reaches who asks, instead of an internal error, and the server need not be started again."""
    monkeypatch.setattr(
        "gridware.catalogue.server.caller.of_request", lambda *_: Caller("/CN=One", ("gilda",))
    )
    path = tmp_path / "catalogue.db"
    path.write_text("this is no database, and long enough to be read as the header of one" * 20)
    application = Application(Settings("gilda", path))
    status, answer = asked(application)
    assert status.startswith("503")
    assert answer == {"error": "EAGAIN", "reason": "file is not a database"}
    path.unlink()
    assert asked(application)[0].startswith("400"), "it is asked for no number"
    application.store.close()


def test_a_request_that_is_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "gridware.catalogue.server.caller.of_request", lambda *_: Caller("/CN=One", ("gilda",))
    )
    application = Application(Settings("gilda", tmp_path / "catalogue.db"))
    status, answer = asked(application, CONTENT_LENGTH=str(LARGEST + 1))
    assert (status[:3], answer["reason"]) == ("400", "the request is too long")
    application.store.close()
