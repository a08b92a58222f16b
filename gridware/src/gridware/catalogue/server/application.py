"""The catalogue over HTTP: ``POST /1/<operation>`` with a JSON object, answered by one.

A refusal has an HTTP status that fits and ``{"error": "ENOENT", "subject": ..., "reason": ...}``.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gridware.catalogue.server import caller, intents, operations
from gridware.catalogue.server.database import Database
from gridware.catalogue.server.errors import CatalogueError, NoAccessError
from gridware.catalogue.server.settings import Settings

PREFIX = "/1/"
QUIET = ("renew", "dead")
"""Changes that nobody wants to read of."""
LARGEST = 1 << 20
"""Bytes of a request."""
_STATUS = {
    "EACCES": "403 Forbidden",
    "EPERM": "403 Forbidden",
    "ENOENT": "404 Not Found",
    "EEXIST": "409 Conflict",
}
_RETRY = "503 Service Unavailable"

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Application:
    """A WSGI application."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: Database | None = None
        self._opening = threading.Lock()
        # One that can't be opened now is told of to whoever asks, and may be mended meanwhile.
        with contextlib.suppress(sqlite3.OperationalError):
            _ = self.store

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, answer = self._answer(environ)
        body = json.dumps(answer).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    @property
    def store(self) -> Database:
        """The database, opened by the first who asks; raises sqlite3.OperationalError."""
        with self._opening:
            if self._kept is None:
                try:
                    store = Database(self._settings.database, self._settings.vo)
                    with store.change() as db:
                        intents.grace(db)
                except sqlite3.DatabaseError as error:
                    raise sqlite3.OperationalError(str(error)) from error
                self._kept = store
            return self._kept

    def _answer(self, environ: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        try:
            who = caller.of_request(environ, self._settings)
            name, arguments = _request(environ)
            answer = operations.run(self.store, who, name, arguments)
            if operations.OPERATIONS[name].changes and name not in QUIET:
                print(f"{who.dn} {name} {json.dumps(arguments)}", file=environ["wsgi.errors"])
            return "200 OK", answer
        except CatalogueError as error:
            status = (
                "403 Forbidden"
                if isinstance(error, NoAccessError)
                else _STATUS.get(error.code, "400 Bad Request")
            )
            return status, {"error": error.code, "subject": error.subject, "reason": error.reason}
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            # Too busy, the disk is full, or the file is not what or whose it should be.
            print(f"catalogue: {error}", file=environ["wsgi.errors"])
            return _RETRY, {"error": "ENOSPC" if "full" in str(error) else "EAGAIN", "reason": str(error)}


def _request(environ: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    path = environ.get("PATH_INFO", "")
    if environ["REQUEST_METHOD"] != "POST" or not path.startswith(PREFIX):
        raise CatalogueError("EOPNOTSUPP", path, f"ask with POST {PREFIX}<operation>")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LARGEST:
        raise CatalogueError("EINVAL", path, "the request is too long")
    try:
        arguments = json.loads(environ["wsgi.input"].read(length) or b"{}")
    except ValueError as error:
        raise CatalogueError("EINVAL", path, f"no JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise CatalogueError("EINVAL", path, "the request is no JSON object")
    return path.removeprefix(PREFIX), arguments
