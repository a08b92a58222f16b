"""Asking a catalogue in this process, as one person or another."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest


def guid() -> str:
    return str(uuid.uuid4())


def surl(name: str = "", host: str = "se.example.org") -> str:
    return f"sfn://{host}/storage/gilda/generated/2026-11-22/file{name or guid()}"


@dataclass
class Server:
    """A catalogue over a database."""

    store: Any

    def ask(self, caller: Any, operation: str, **arguments: Any) -> dict[str, Any]:
        from gridware.catalogue.server import operations

        return operations.run(self.store, caller, operation, arguments)

    def refuses(self, code: str, caller: Any, operation: str, **arguments: Any) -> None:
        """Fails the test unless the catalogue says ``code``."""
        from gridware.catalogue.server.errors import CatalogueError

        with pytest.raises(CatalogueError) as raised:
            self.ask(caller, operation, **arguments)
        assert raised.value.code == code

    def create(self, caller: Any, lfn: str, **more: Any) -> dict[str, str]:
        """A file with one replica, as lcg-cr makes it; what was wished for comes back."""
        wish = {"kind": "create", "guid": guid(), "surl": surl(), "lfn": lfn, **more}
        number = self.ask(caller, "intend", **wish)["id"]
        self.ask(caller, "commit", id=number, size=6, **wish)
        return wish

    def names(self, caller: Any, path: str) -> list[str]:
        return [entry["name"] for entry in self.ask(caller, "list", path=path)["entries"]]
