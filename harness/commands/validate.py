"""validate: everything from the image to the verdict."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from harness import call, process, state
from harness.box import host, teardown
from harness.commands import mend, words
from harness.commands.options import console_for, going_on
from harness.commands.report import exit_code, show
from harness.commands.words import Commands
from harness.console import Console
from harness.deadline import Deadline
from harness.dom0.standing import is_up
from harness.errors import ExitCode, HarnessError, IceboxError, InputError
from harness.image import build
from harness.install import installed
from harness.ledger import Ledger, boxes
from harness.report.rundir import RunDir
from harness.report.verdict import RUN_AGAIN, Verdict
from harness.state import checked_name

NOTHING_CHOSEN, USAGE = 5, 4
"""What pytest ends with if no check was chosen, or if it was called wrongly (its "Exit codes")."""
ENDING = 15.0
"""Seconds that the checks' process gets after Ctrl-C: to write the verdict, and take the box down."""
KILLED = 0.5
"""Seconds that it gets then to be gone, before it is killed again."""
BIND = ("setpriv", "--pdeathsig", "INT", "--")
"""Before a command: it is interrupted if this process dies."""


def add(commands: Commands) -> None:
    """Put ``validate`` on the command line."""
    words.validate(commands).set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check input and host, have pytest run the checks, and say what came of it."""
    started = time.monotonic()
    checked_name(options.box)
    site = installed.site_for(options.box, options.site)
    host.check_root()
    up = is_up(options.box, Ledger(options.box))
    if up:
        going_on(options.box).close()
    host.check(0 if up else len(site.nodes), site)
    if not up and not options.trust_students:
        host.check_walls(site)
    console = console_for(options)
    build.ensure(console)
    root = state.checkout() / "reports" / "runs"
    run_dir = RunDir.create(root, elsewhere=options.run_dir)
    with _until_mended(options, console) if options.mend and not up else nullcontext():
        code, interrupted = _run_checks(options, run_dir, console, started)
        refused = call.take_answer(run_dir.path)
        if code in (NOTHING_CHOSEN, USAGE):
            raise _wrong_choice(options, run_dir)
        verdict = _verdict(run_dir)
        if options.mend and not interrupted and mend.red(verdict) and is_up(options.box, Ledger(options.box)):
            verdict, interrupted = _mended(options, run_dir, verdict, console)
    if options.json:
        console.result(verdict.to_json().rstrip())
    else:
        show(verdict, run_dir, console)
    if interrupted:
        _tidy(console)
    return ExitCode.BAD_INPUT if refused else exit_code(verdict)


@contextmanager
def _until_mended(options: argparse.Namespace, console: Console) -> Iterator[None]:
    """Keep a box that failed, since there must be something to mend; in the end it goes, unless wanted."""
    if options.keep != "never":
        yield
        return
    options.keep, known = "failed", options.box in boxes()
    try:
        yield
    finally:
        if is_up(options.box, Ledger(options.box)):
            teardown.stop(options.box, console, destroy=not known)


def _mended(
    options: argparse.Namespace, run_dir: RunDir, first: Verdict, console: Console
) -> tuple[Verdict, bool]:
    """Mend the box, check again what was red, and write what came of it; and whether that was interrupted."""
    if not options.json:
        show(first, run_dir, console)
    # With the pages, and all that they are made by, it takes long to load.
    from harness.report.publish import Publisher

    typed = mend.mend(options.box, console)
    if not typed:
        return first, False
    again = RunDir.create(run_dir.path, elsewhere=run_dir.again)
    options.again = ",".join(mend.red(first))
    _, interrupted = _run_checks(options, again, console, time.monotonic())
    call.take_answer(again.path)
    verdict = mend.merged(first, _verdict(again), typed)
    Publisher(run_dir).write(verdict)
    return verdict, interrupted


def _tidy(console: Console) -> None:
    """Remove what the checks' process had no time to remove; its boxes are dead then."""
    try:
        teardown.clean(console)
    except IceboxError as error:
        console.error(error)


def _wrong_choice(options: argparse.Namespace, run_dir: RunDir) -> InputError:
    said = [line for line in _log(run_dir).read_text(errors="replace").splitlines() if "ERROR" in line]
    return InputError(
        f"no check can be chosen by {options.only!r}",
        where="--only",
        why=said[-1] if said else "no check's name matches",
        remedy="give words of the checks' names, such as -k test_hello_world or -k 'wn and not box'",
    )


def _words(options: argparse.Namespace, run_dir: RunDir) -> list[str]:
    words = [*BIND, sys.executable, "-m", "pytest", "tests/acceptance", "-q", f"--box={options.box}"]
    words += [f"--site={options.site.resolve()}", f"--keep={options.keep}", f"--run-dir={run_dir.path}"]
    words += ["-n", str(options.workers)] if options.workers is not None else []
    words += [f"--until={options.until}"]
    words += ["--trust-students"] if options.trust_students else []
    words += ["--quick"] if options.quick else ["--core"] if options.core else []
    words += [f"--again={options.again}"] if getattr(options, "again", "") else []
    return words + (["-k", options.only] if options.only else [])


def _run_checks(
    options: argparse.Namespace, run_dir: RunDir, console: Console, started: float
) -> tuple[int, bool]:
    """pytest in a process of its own: its words go to a file, progress to whoever typed the command.

    Gives its exit status, and whether it was interrupted.
    """
    progress = os.open(os.devnull, os.O_WRONLY) if options.json else os.dup(sys.stderr.fileno())
    environment = {**surroundings(os.environ), "PYTHONPATH": str(state.checkout())}
    told = call.Call(process.signature(os.getpid()), started, dict(console.timings), progress)
    told_in = told.write(run_dir.path)
    with _log(run_dir).open("wb") as output:
        child = subprocess.Popen(
            [*_words(options, run_dir), f"--call={told_in}"],
            cwd=state.checkout(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=[progress],
            # A signal to all of this process's group, as of timeout(1), comes to it through this process and
            # once: a second one would cut short the removal of the box.
            start_new_session=True,
        )
        os.close(progress)
        interrupted = _wait(child)
    return child.returncode, interrupted


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """Of the checks: without what a person has set for another pytest, which could leave checks out."""
    return {name: value for name, value in environ.items() if not name.startswith("PYTEST_")}


def _log(run_dir: RunDir) -> Path:
    """Where pytest's own words go."""
    return run_dir.path / "pytest.log"


def _verdict(run_dir: RunDir) -> Verdict:
    if not run_dir.verdict_json.exists():
        log = _log(run_dir)
        last = log.read_text(errors="replace").strip().splitlines()[-8:]
        raise HarnessError(
            "the checks ended without a verdict",
            where=str(log),
            why="\n       ".join(last),
            remedy=RUN_AGAIN,
        )
    return Verdict.from_json(run_dir.verdict_json.read_text(encoding="utf-8"))


def _wait(child: subprocess.Popen[bytes]) -> bool:
    """Wait for pytest; True if there was a Ctrl-C.

    It then gets the time to say what it knows and to take the box down, and is killed if that is too short;
    a second Ctrl-C is not heard.
    """
    ending: Deadline | None = None
    while True:
        try:
            # Also after its time is over: one that is killed ends when the kernel lets it.
            child.wait(max(ending.remaining, KILLED) if ending else None)
            return ending is not None
        except KeyboardInterrupt:
            if ending is None:
                child.send_signal(signal.SIGINT)
                ending = Deadline(ENDING)
        except subprocess.TimeoutExpired:
            child.kill()
