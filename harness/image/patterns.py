"""Regular expressions of gridware, compiled beforehand as its modules are (``gridware.pattern``)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from harness import tool
from harness.errors import HarnessError
from harness.image import bytecode
from harness.image.base import Base

_PROGRAM = """
import _sre, ast, re, sys
made, compile = {}, _sre.compile
def kept(text, flags, code, *groups):
    made[text] = flags, tuple(map(int, code)), *groups
    return compile(text, flags, code, *groups)
_sre.compile = kept
for text in ast.literal_eval(sys.stdin.read()):
    re.compile(text)
print(f"MAGIC, MADE = {_sre.MAGIC}, {made}")
"""


def compile_all(package: Path, base: Base) -> None:
    """Lay ``patterns.py`` into a package; raises HarnessError for a pattern that is none."""
    asked = repr([text for path in sorted(package.rglob("*.py")) for text in _asked(path)])
    failed = HarnessError("patterns of gridware can't be compiled", where=str(package))
    made = tool.said([*bytecode.interpreter(base), "-c", _PROGRAM], failed, typed=asked)
    (package / "patterns.py").write_text(made)


def _asked(module: Path) -> Iterator[str | bytes]:
    """What a module calls ``pattern`` with; one that is no Python is for the compiler to complain of."""
    try:
        tree = ast.parse(module.read_text())
    except SyntaxError:
        return
    for call in ast.walk(tree):
        match call:
            case ast.Call(func=ast.Name("pattern"), args=[ast.Constant(str() | bytes() as text)]):
                yield text
