"""Modules of gridware, compiled beforehand: else each command compiles all of its own again, every time.

Members may not write beside them, so that nothing would ever be kept.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.errors import HarnessError
from harness.image.base import Base

# Names in tracebacks are those that the node will know.
_PROGRAM = """
import py_compile, sys
for line in sys.stdin:
    source = line.rstrip("\\n")
    py_compile.compile(source, dfile="/" + source, doraise=True)
"""


def compile_all(top: Path, base: Base) -> None:
    """Compile every module below ``top``, which stands for a node's root.

    Raises HarnessError for one that is no Python.

    A module that somebody edits on a node counts at once: bytecode is for one time and size of its source.
    """
    modules = sorted(str(path.relative_to(top)) for path in top.rglob("*.py"))
    if not modules:
        return
    done = subprocess.run(
        [*interpreter(base), "-c", _PROGRAM],
        input="".join(f"{module}\n" for module in modules),
        cwd=top,
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HarnessError(
            "a part's Python module can't be compiled", where=str(top), why=done.stderr.strip()
        )


def library(base: Base) -> str:
    """The directory of the standard library of the image's Python."""
    words = [*interpreter(base), "-S", "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def interpreter(base: Base) -> list[str]:
    """The image's Python, whose bytecode no other version reads; it keeps this directory outside its root."""
    # The namespace is the one we are in: Debian 13's nsenter does nothing without one.
    place = ["nsenter", "--uts=/proc/self/ns/uts", f"--root={base.root}", "--wd=."]
    return [*place, "/usr/bin/python3", "-I"]
