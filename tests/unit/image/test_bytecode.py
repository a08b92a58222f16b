"""Modules of parts are compiled when the layers are made."""

from __future__ import annotations

import importlib.util
import marshal
import sys
from pathlib import Path
from types import CodeType

import pytest

from harness.errors import HarnessError
from harness.image import base, bytecode, layer
from harness.image.base import Base
from harness.image.layer import RoleLayers
from tests.unit.image.tree import Asked, write

HEADER = 16
"""Bytes before the code (PEP 552)."""


@pytest.fixture(autouse=True)
def this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The base of these tests has none."""
    monkeypatch.setattr(bytecode, "interpreter", lambda _base: [sys.executable, "-I"])


def built(checkout: Path, based: Base, text: str) -> RoleLayers:
    write(checkout / "box/parts/node/tree/usr/lib/icebox/talk/say.py", text)
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    return layers


def test_a_module_has_its_bytecode(checkout: Path, based: Base, owned: Asked) -> None:
    layers = built(checkout, based, "WORD = 'hello'\n")
    source = layers.of("ce") / "usr/lib/icebox/talk/say.py"
    made = Path(importlib.util.cache_from_source(str(source)))
    code = marshal.loads(made.read_bytes()[HEADER:])
    assert isinstance(code, CodeType)
    assert code.co_filename == "/usr/lib/icebox/talk/say.py"
    assert made.stat().st_mode & 0o777 == 0o644
    assert made.parent.stat().st_mode & 0o777 == 0o755


def test_the_bytecode_is_for_this_source_alone(checkout: Path, based: Base, owned: Asked) -> None:
    source = built(checkout, based, "WORD = 'hello'\n").of("ce") / "usr/lib/icebox/talk/say.py"
    header = Path(importlib.util.cache_from_source(str(source))).read_bytes()[:HEADER]
    stat = source.stat()
    assert header[4:] == b"".join(
        number.to_bytes(4, "little") for number in (0, int(stat.st_mtime), stat.st_size)
    )


def test_what_is_no_python_is_told(checkout: Path, based: Base, owned: Asked) -> None:
    with pytest.raises(HarnessError, match=r"(?s)can't be compiled.*/usr/lib/icebox/talk/say\.py.*line 2"):
        built(checkout, based, "WORD = 1\ndef :\n")
