"""What a part brings in C, compiled for its layer: objects that services load, and programs."""

from __future__ import annotations

from pathlib import Path

from harness import tool
from harness.errors import HostError
from harness.image.part import Part

COMPILER = "gcc"
COMMON = ("-O2", "-Wall", "-Wextra", "-fno-stack-protector", "-nostdlib")
"""Without libraries, so this machine's C library need not be the image's."""
OBJECT = ("-std=c11", "-fPIC", "-shared", "-Wl,-z,lazy")
"""What is missing is found, when it is called, in the program that loads the object."""
PROGRAM = ("-std=gnu11", "-static")
"""Nothing is missing."""
DIRECTORY = "usr/lib/icebox"


def compile_into(layer: Path, part: Part) -> None:
    """Make ``NAME.so`` of each ``native/NAME.c``, and ``NAME`` of each ``programs/NAME.c``, in
    ``usr/lib/icebox``; raises HostError if the compiler fails."""
    for source in sorted((*part.native.glob("*.c"), *part.programs.glob("*.c"))):
        directory = layer
        for name in DIRECTORY.split("/"):
            directory = directory / name
            directory.mkdir(exist_ok=True)
            directory.chmod(0o755)  # whatever the umask
        if source.parent == part.native:
            compile_one(source, directory / f"{source.stem}.so")
        else:
            compile_program(source, directory / source.stem)


def compile_one(source: Path, made: Path, *flags: str) -> None:
    """Compile a shared object, mode 0644."""
    _compile(source, made, *OBJECT, *flags)
    made.chmod(0o644)


def compile_program(source: Path, made: Path, *flags: str) -> None:
    """Compile a program, mode 0755."""
    _compile(source, made, *PROGRAM, *flags)
    made.chmod(0o755)


def _compile(source: Path, made: Path, *flags: str) -> None:
    failed = HostError(
        "a part's C program can't be compiled",
        where=str(source),
        remedy="run ./icebox setup, which installs gcc; mend the program if the compiler found a mistake",
    )
    tool.said([COMPILER, *COMMON, *flags, "-o", str(made), str(source)], failed)
