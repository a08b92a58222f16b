"""What commands, wrappers and the broker say to each other, as it is written and read without ``json``."""

import importlib
import json
import sys
from types import ModuleType
from typing import Any

import pytest

NAME = "gridware.jsontext"
SAID: list[dict[str, Any]] = [
    {},
    {"call": "claim", "attempt": 1, "key": 'a "quoted" key\\', "more": None},
    {"outputs": ["Rosà.txt", "\U0001f41f", "line\nend"], "missing": [], "final": True, "exit_code": -1},
    {"started": False, "failure": "x" * 100_000, "nested": {"a": [[1, 2.5], ("b",)]}},
]


@pytest.fixture(params=["own", "of another Python"])
def jsontext(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, also where the C part of json has not what it looks for."""
    if request.param != "own":
        monkeypatch.setitem(sys.modules, "_json", ModuleType("_json"))
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    return importlib.import_module(NAME)


@pytest.mark.parametrize("said", SAID)
def test_it_is_json(jsontext: Any, said: dict[str, Any]) -> None:
    assert json.loads(jsontext.dumps(said)) == json.loads(json.dumps(said))
    assert jsontext.loads(json.dumps(said, indent=1).encode() + b"\r\n") == json.loads(json.dumps(said))


@pytest.mark.parametrize("said", [b"\n", b"{", b"220 ready\n", b"nothing", b'{"a": }'])
def test_what_is_no_json_is_an_error(jsontext: Any, said: bytes) -> None:
    with pytest.raises(ValueError):  # what json says of each is its own
        jsontext.loads(said)


def test_what_json_cannot_say_is_an_error(jsontext: Any) -> None:
    with pytest.raises(TypeError):
        jsontext.dumps({"a": object()})
