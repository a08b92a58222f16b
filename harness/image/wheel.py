"""gridware, the nodes' own programs: a wheel, laid into the role layers with the commands that parts name."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

from harness import state, tool
from harness.errors import HarnessError
from harness.image import bytecode, patterns
from harness.image.base import Base
from harness.image.part import Part

NAME = "gridware"
_BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"
_SCRIPT = """\
#!/usr/bin/python3 -IS
import gc

gc.disable()
from {module} import {attribute}
from gridware.program import leave

gc.freeze()
gc.enable()
leave({attribute}())
"""
"""-I keeps the caller's environment out; -S, which leaves Debian's packages out, saves a fifth of a start,
and not to look for garbage meanwhile, each time among all there is, a tenth."""


def source() -> Path:
    """Where the package stands in the checkout."""
    return state.checkout() / NAME


def inputs() -> tuple[Path, ...]:
    """All that the wheel is made from."""
    return source() / "pyproject.toml", source() / "src"


@dataclass(frozen=True)
class Wheel:
    """The package as it will lie in a node, compiled."""

    top: Path
    """Stands for a node's root."""
    library: Path
    commands: tuple[EntryPoint, ...]

    def lay(self, layer: Path, parts: Iterable[Part]) -> None:
        """Into a role layer: the modules, which all layers share as hard links, and the parts' commands."""
        target = layer / self.library.relative_to(self.top)
        shutil.copytree(self.library, target, copy_function=os.link, dirs_exist_ok=True)
        for part in parts:
            for directory, names in part.commands.items():
                for name in names:
                    for command in self._named(name, part):
                        _write(layer / directory.lstrip("/") / command.name, command)

    def _named(self, pattern: str, part: Part) -> list[EntryPoint]:
        found = [command for command in self.commands if fnmatchcase(command.name, pattern)]
        if not found:
            raise HarnessError(
                f"a part asks for a command that is not there: {pattern}",
                where=str(part.directory / "part.toml"),
                remedy=f"name it in [project.scripts] of {source() / 'pyproject.toml'}",
            )
        return found


def build(base: Base, directory: Path) -> Wheel:
    """Make and compile it below ``directory``; raises HarnessError for sources that are none.

    It lies beside the standard library, which is where Python looks when it leaves ``site`` out.
    """
    library = directory / bytecode.library(base).lstrip("/")
    library.mkdir(parents=True)
    words = [sys.executable, "-c", _BUILD, str(directory)]
    failed = HarnessError("gridware makes no wheel", where=str(source()))
    with zipfile.ZipFile(directory / tool.said(words, failed, where=source()).split()[-1]) as made:
        made.extractall(library)
    patterns.compile_all(library / NAME, base)
    bytecode.compile_all(directory, base)
    (found,) = distributions(path=[str(library)])
    return Wheel(directory, library, tuple(found.entry_points.select(group="console_scripts")))


def _write(path: Path, command: EntryPoint) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_SCRIPT.format(module=command.module, attribute=command.attr))
    path.chmod(0o755)
