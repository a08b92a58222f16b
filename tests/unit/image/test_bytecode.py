"""Modules of gridware are compiled when the layers are made."""

import importlib.util
import marshal
from pathlib import Path
from types import CodeType

import pytest

from harness.errors import HarnessError
from harness.image import base, bytecode, layer
from harness.image.base import Base
from tests.unit.image.tree import Asked, write

HEADER = 16
"""Bytes before the code (PEP 552)."""


def built(checkout: Path, based: Base, text: str) -> Path:
    """The module in the CE's layer."""
    write(checkout / "gridware/src/gridware/say.py", text)
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    return layers.of("ce") / bytecode.library(based).lstrip("/") / "gridware/say.py"


def test_a_module_has_its_bytecode(checkout: Path, based: Base, owned: Asked) -> None:
    source = built(checkout, based, "WORD = 'hello'\n")
    made = Path(importlib.util.cache_from_source(str(source)))
    code = marshal.loads(made.read_bytes()[HEADER:])
    assert isinstance(code, CodeType)
    assert code.co_filename == f"{bytecode.library(based)}/gridware/say.py"
    assert made.stat().st_mode & 0o777 == 0o644
    assert made.parent.stat().st_mode & 0o777 == 0o755


def test_the_bytecode_is_for_this_source_alone(checkout: Path, based: Base, owned: Asked) -> None:
    source = built(checkout, based, "WORD = 'hello'\n")
    header = Path(importlib.util.cache_from_source(str(source))).read_bytes()[:HEADER]
    stat = source.stat()
    assert header[4:] == b"".join(
        number.to_bytes(4, "little") for number in (0, int(stat.st_mtime), stat.st_size)
    )


def test_what_is_no_python_is_told(checkout: Path, based: Base, owned: Asked) -> None:
    with pytest.raises(HarnessError, match=r"(?s)can't be compiled.*/gridware/say\.py.*line 2"):
        built(checkout, based, "WORD = 1\ndef :\n")
