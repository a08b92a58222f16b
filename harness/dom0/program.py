"""A program: a Python file of the harness that runs at a place, with what it imports of ours.

The file lies here, the program runs there, where nothing of ours is: its text goes along in the command, and
with it the texts of all modules of the harness that it imports.
"""

from __future__ import annotations

import ast
import binascii
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OURS = "harness"
ROOT = Path(__file__).parents[2]
_LAY = """\
def lay(name, text):
    module = sys.modules[name] = type(sys)(name)
    module.__path__ = []
    exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)
"""
"""What makes a module of a text, there.  Each may be a package of others."""


@cache
def packed(program: Path) -> str:
    """A program as base64 of what Python runs; it goes through any shell."""
    text = program.read_text(encoding="utf-8")
    modules = "".join(f"lay({name!r}, {of!r})\n" for name, of in _imported(text, {}).items())
    itself = f"exec(compile({text!r}, {program.name!r}, 'exec'))\n"
    whole = f"import sys\n{_LAY}{modules}{itself}" if modules else text
    return binascii.b2a_base64(zlib.compress(whole.encode()), newline=False).decode()


def _imported(text: str, found: dict[str, str], above: tuple[str, ...] = ()) -> dict[str, str]:
    """Names and texts of all modules of ours that a text imports, those before it that it rests on."""
    for name in _names(ast.parse(text)):
        path = _path(name)
        if path and name not in (*found, *above):
            own = path.read_text(encoding="utf-8")
            _imported(own, found, (*above, name))
            found[name] = own
    return found


def _names(tree: ast.Module) -> Iterator[str]:
    """What may be modules of ours: each with the packages that it is in.

    What is imported for types alone, or by a function that is not called there, stays here.
    """
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == OURS:
            parts = str(node.module).split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _path(name: str) -> Path | None:
    place = ROOT / name.replace(".", "/")
    paths = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in paths if path.is_file()), None)
