"""Patterns of gridware are compiled when the layers are made, by the Python that will read them."""

import _sre  # type: ignore[import-not-found]
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.image import base, bytecode, layer
from harness.image.base import Base
from tests.unit.image.tree import Asked, write

ASKED = [r"(?i)a(?P<name>\d+)|[^b-x]", b"(?s)\x06.{2,16}?-"]


def built(checkout: Path, based: Base, *patterns: object) -> dict[str, Any]:
    """The module that is laid beside those that have these patterns."""
    lines = "".join(f"{name} = pattern({text!r})\n" for name, text in zip("AB", patterns, strict=False))
    write(checkout / "gridware/src/gridware/say.py", f"from gridware.pattern import pattern\n{lines}")
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    library = layers.of("ce") / bytecode.library(based).lstrip("/")
    return runpy.run_path(str(library / "gridware/patterns.py"))


def test_patterns_are_those_of_re(checkout: Path, based: Base, owned: Asked) -> None:
    made = built(checkout, based, *ASKED)
    assert made["MAGIC"] == _sre.MAGIC
    assert set(made["MADE"]) == set(ASKED)
    for text, (flags, code, *groups) in made["MADE"].items():
        assert _sre.compile(text, flags, list(code), *groups) == re.compile(text)


def test_what_is_no_pattern_is_told(checkout: Path, based: Base, owned: Asked) -> None:
    with pytest.raises(HarnessError, match=r"(?s)patterns of gridware can't be compiled.*missing \)"):
        built(checkout, based, "(a")
