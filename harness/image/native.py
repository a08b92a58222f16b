"""Programs in C that a part brings: compiled for its layer, into shared objects that services load."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.errors import HostError
from harness.image.part import Part

COMPILER = "gcc"
FLAGS = (
    *("-std=c11", "-O2", "-Wall", "-Wextra", "-fPIC", "-fno-stack-protector"),
    *("-shared", "-nostdlib", "-Wl,-z,lazy"),
)
"""Without libraries: what is missing is found, when it is called, in the program that loads the object.
So this machine's C library need not be the image's."""
DIRECTORY = "usr/lib/icebox"


def compile_into(layer: Path, part: Part) -> None:
    """Make ``usr/lib/icebox/NAME.so`` of each ``native/NAME.c``; raises HostError if the compiler fails."""
    for source in sorted(part.native.glob("*.c")):
        directory = layer
        for name in DIRECTORY.split("/"):
            directory = directory / name
            directory.mkdir(exist_ok=True)
            directory.chmod(0o755)  # whatever the umask
        compile_one(source, directory / f"{source.stem}.so")


def compile_one(source: Path, made: Path, *flags: str) -> None:
    """Compile a shared object, mode 0644."""
    words = [COMPILER, *FLAGS, *flags, "-o", str(made), str(source)]
    try:
        subprocess.run(words, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        why = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
        raise HostError(
            "a part's C program can't be compiled",
            where=str(source),
            why=why,
            remedy="run ./icebox setup, which installs gcc; mend the program if the compiler found a mistake",
        ) from None
    made.chmod(0o644)
