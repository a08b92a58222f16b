"""``icebox test``: the project's own tests, through tox."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from types import FrameType

from harness.errors import HarnessError, InputError, shortened
from harness.setup.machine import Machine

COUNTS = "reports/tests"
BIND = ("setpriv", "--pdeathsig", "INT", "--", "env", "--default-signal=INT")
"""Before a command: it is interrupted if this process dies, and hears that also behind a shell's ``&``."""


@dataclass(frozen=True)
class SuiteCounts:
    """How many tests ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: SuiteCounts) -> SuiteCounts:
        return SuiteCounts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(argv: Sequence[str]) -> int:
    """Run tox with ``argv``; its exit code.  The last line counts the tests of all environments."""
    machine = Machine()
    counts = machine.checkout / COUNTS
    # Counts of an earlier run would be added up as this one's.
    shutil.rmtree(counts, ignore_errors=True)
    code = _ended([*BIND, *command(machine, argv)])
    if told := total(counts):
        print(told, flush=True)
    return code


def _ended(words: Sequence[str]) -> int:
    """The exit code of tox, which hears nothing but SIGINT and has its tests tidy up then.

    A terminal's Ctrl-C comes to it as well as to this process; what else ends this one is passed on, once.
    """
    child: subprocess.Popen[bytes] | None = None
    to_tell = interrupted = False

    def tell() -> None:
        nonlocal to_tell
        if to_tell and child is not None:
            to_tell = False
            child.send_signal(signal.SIGINT)

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        nonlocal to_tell
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        to_tell = True
        tell()

    # Before it starts: what comes meanwhile is told to it, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    child = subprocess.Popen(words, env=environment())
    tell()
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            interrupted = True
            continue
        if interrupted:
            raise KeyboardInterrupt
        return code


def check_names(machine: Machine, argv: Sequence[str]) -> None:
    """Raises InputError if ``-e`` names what is none of our environments; the rest is for tox to judge."""
    ours = list(takewhile(lambda word: word != "--", argv))
    if _configuration(machine, ours) == []:
        return
    known = _environments(machine.checkout / "tox.ini")
    named = [after for word, after in pairwise(ours) if word == "-e"]
    for name in (each for words in named for each in words.split(",")):
        if name not in known:
            raise InputError(
                f"{shortened(name)!r} is no environment of the tests",
                where="-e",
                why=f"there are: {', '.join(known)}",
                remedy="name one of them, or several with a comma between",
            )


def _environments(file: Path) -> list[str]:
    """Those of the file's list, those with a section of their own, and tox's word for all."""
    found = configparser.ConfigParser(interpolation=None)
    found.read(file)
    listed = found.get("tox", "env_list", fallback="").replace(",", " ").split()
    sections = [name.partition(":")[2] for name in found.sections() if name.startswith("testenv:")]
    return [*dict.fromkeys([*listed, *sections]), "ALL"]


def command(machine: Machine, argv: Sequence[str]) -> list[str]:
    """tox with ``argv``, and with the project's tox.ini wherever the person stands."""
    return [sys.executable, "-m", "tox", *_configuration(machine, argv), *argv]


def environment() -> dict[str, str]:
    """tox runs every tool with the Python that runs us, and makes no other."""
    return {**os.environ, "ICEBOX_PYTHON": sys.executable}


def total(counts: Path) -> SuiteCounts | None:
    """The sum of all JUnit files in ``counts``; None if there is none."""
    files = sorted(counts.glob("*.xml"))
    return sum((read_junit(file) for file in files), SuiteCounts()) if files else None


def read_junit(file: Path) -> SuiteCounts:
    try:
        suites = list(ElementTree.parse(file).getroot().iter("testsuite"))
    except ElementTree.ParseError as error:
        raise HarnessError("a test run left no readable result", where=str(file), why=str(error)) from error
    return sum((_of_suite(suite) for suite in suites), SuiteCounts())


def _of_suite(suite: ElementTree.Element) -> SuiteCounts:
    tests, failures, errors, skipped = (
        int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return SuiteCounts(max(0, tests - failed - skipped), failed, skipped)


def _configuration(machine: Machine, argv: Sequence[str]) -> list[str]:
    own = any(word in ("-c", "--conf") for word in argv)
    return [] if own else ["-c", str(machine.checkout / "tox.ini")]
