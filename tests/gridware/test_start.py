"""What makes commands quick to start: modules that they do without, and what stands in for these."""

import _sre  # type: ignore[import-not-found]
import copy
import importlib
import pickle
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import gridware
from gridware.lazy import lazy
from gridware.tuples import NamedTuple

LIBRARY = "argparse collections contextlib enum functools getopt json pathlib re typing"
"""What takes a command a millisecond or more to load, each."""
MADE = """
import sys, types
patterns = sys.modules["gridware.pattern"] = types.ModuleType("gridware.pattern")
patterns.pattern = str  # they come with the image
import gridware.wms.cli, gridware.wms.transport, gridware.wms.{module}
print(*sys.modules)
"""


class Pair(NamedTuple):
    """Two of them."""

    one: int
    other: str = "none"

    @property
    def both(self) -> str:
        return f"{self.one}{self.other}"


@pytest.mark.parametrize("module", ["submit", "status", "cancel", "logging_info"])
def test_what_a_job_command_does_without(module: str) -> None:
    words = [sys.executable, "-IS", "-c", MADE.format(module=module)]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert "gridware.wms.transport" in loaded
    assert set(LIBRARY.split()).intersection(loaded) == set()


def test_garbage_is_looked_for_once_a_daemon_is_loaded(tmp_path: Path) -> None:
    package = tmp_path / "daemon"
    package.mkdir()
    (package / "__init__.py").touch()
    said = "def main():\n    print(LOADING, gc.isenabled(), *sys.argv)\n"
    (package / "__main__.py").write_text(f"import gc, sys\nLOADING = gc.isenabled()\n{said}")
    words = [sys.executable, "-m", "gridware.loaded", "daemon", "one", "two"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True", "daemon", "one", "two"], done.stderr


def test_a_tuple_with_names() -> None:
    pair: Any = Pair(1)
    assert pair == (1, "none") == Pair(one=1, other="none")
    assert (pair.one, pair.other, pair.both) == (1, "none", "1none")
    assert repr(pair) == "Pair(one=1, other='none')"
    assert pair._replace(other="x") == (1, "x")
    assert copy.copy(pair) == pickle.loads(pickle.dumps(pair)) == pair
    assert type(copy.copy(pair)) is Pair
    match pair:
        case Pair(one, other):
            assert (one, other) == (1, "none")
    with pytest.raises(AttributeError):
        pair.one = 2


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, "2", 3), {}), ((1,), {"one": 1}), ((1,), {"third": 1})]
)
def test_a_tuple_of_other_fields_is_an_error(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="Pair takes one, other"):
        Pair(*values, **named)


def test_what_is_lazy_is_worked_out_once() -> None:
    class Thing:
        asked = 0

        @lazy
        def value(self) -> int:
            self.asked += 1
            return self.asked

    thing = Thing()
    assert (thing.value, thing.value, Thing().value) == (1, 1, 1)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stands for what the image's builder lays beside ``gridware.pattern``: one pattern, another one's."""
    module: Any = ModuleType("gridware.patterns")
    kept: list[tuple[Any, ...]] = []
    with monkeypatch.context() as patch:
        re.purge()
        compiled = _sre.compile
        patch.setattr(_sre, "compile", lambda *words: kept.append(words) or compiled(*words))
        re.compile("(?i)b(?P<name>c)")
    module.MAGIC, module.MADE = _sre.MAGIC, {"a": kept[0][1:]}
    monkeypatch.setitem(sys.modules, "gridware.patterns", module)
    monkeypatch.setattr(gridware, "patterns", module, raising=False)
    monkeypatch.delitem(sys.modules, "gridware.pattern", raising=False)
    return module


def test_a_pattern_comes_from_the_image(made: ModuleType) -> None:
    pattern = importlib.import_module("gridware.pattern").pattern
    found = pattern("a").fullmatch("BC")
    assert found is not None
    assert found["name"] == "C"
    assert pattern("other").fullmatch("other")


def test_a_pattern_of_another_python_is_compiled(made: Any) -> None:
    made.MAGIC += 1
    assert importlib.import_module("gridware.pattern").pattern("a").fullmatch("a")
