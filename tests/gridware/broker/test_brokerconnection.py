"""What a job's wrapper and the broker say to each other, as the wrapper writes and reads it."""

from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType
from typing import Any

import pytest

from gridware import tls

NAME = "gridware.wms.worker.brokerconnection"
SAID: list[dict[str, Any]] = [
    {},
    {"call": "claim", "attempt": 1, "key": 'a "quoted" key\\', "more": None},
    {"outputs": ["Rosà.txt", "\U0001f41f", "line\nend"], "missing": [], "final": True, "exit_code": -1},
    {"started": False, "failure": "x" * 100_000, "nested": {"a": [[1, 2.5], ("b",)]}},
]


@pytest.fixture(params=["own", "of another Python"])
def connection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, also where the C part of json has not what it looks for."""
    spec = ModuleType("jobspec")
    spec.SPEC = {"patience": 0}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jobspec", spec)
    monkeypatch.setitem(sys.modules, "tls", tls)
    if request.param != "own":
        monkeypatch.setitem(sys.modules, "_json", ModuleType("_json"))
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    yield importlib.import_module(NAME)
    monkeypatch.delitem(sys.modules, NAME)


@pytest.mark.parametrize("said", SAID)
def test_it_is_json(connection: Any, said: dict[str, Any]) -> None:
    assert json.loads(connection.dumps(said)) == json.loads(json.dumps(said))
    assert connection.loads(json.dumps(said, indent=1).encode() + b"\r\n") == json.loads(json.dumps(said))


@pytest.mark.parametrize("said", [b"\n", b"{", b"220 ready\n", b"nothing", b'{"a": }'])
def test_what_is_no_json_is_an_error(connection: Any, said: bytes) -> None:
    with pytest.raises(ValueError):  # what json says of each is its own
        connection.loads(said)


def test_what_json_cannot_say_is_an_error(connection: Any) -> None:
    with pytest.raises(TypeError):
        connection.dumps({"a": object()})
