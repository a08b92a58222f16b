"""validate: everything from the image to the verdict."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from harness import state
from harness.box import host
from harness.commands.options import add_box, add_json, add_site, console_for
from harness.commands.report import exit_code, show
from harness.errors import HarnessError
from harness.image import build
from harness.report.rundir import RunDir
from harness.report.verdict import Verdict
from harness.sitefile import load
from harness.state import checked_name

CONSOLE_FD = "ICEBOX_CONSOLE_FD"
TIMINGS = "ICEBOX_TIMINGS"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    validate = commands.add_parser(
        "validate", help="bring the box up, check everything, write the report, take it down"
    )
    add_box(validate)
    add_site(validate)
    add_json(validate)
    validate.add_argument("-n", "--workers", metavar="N", help="how many checks run at once (default: chosen for you)")
    validate.add_argument("-k", "--only", metavar="WORDS", help="only checks whose name matches, as in pytest -k")
    validate.add_argument(
        "--keep", choices=["never", "failed", "always"], default="never", help="when to leave the box standing"
    )
    validate.add_argument("--run-dir", type=Path, metavar="DIR", help="where results go (default: reports/runs/<time>)")
    validate.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check input and host, have pytest run the checks, and say what came of it."""
    load(options.site)
    name = checked_name(options.box)
    host.check()
    console = console_for(options)
    build.ensure(console)
    root = state.checkout() / "reports" / "runs"
    run_dir = RunDir.create(root, elsewhere=options.run_dir)
    words = [sys.executable, "-m", "pytest", "tests/acceptance", "-q", f"--box={name}", f"--site={options.site.resolve()}"]
    words += [f"--keep={options.keep}", f"--run-dir={run_dir.path}"]
    words += ["-n", options.workers] if options.workers else []
    words += ["-k", options.only] if options.only else []
    log = run_dir.path.with_suffix(".log") if options.run_dir else run_dir.path / "pytest.log"
    with log.open("wb") as output:
        environment = {**os.environ, TIMINGS: json.dumps(console.timings), "PYTHONPATH": str(state.checkout())}
        descriptor = os.dup(sys.stderr.fileno()) if not options.json else os.open(os.devnull, os.O_WRONLY)
        environment[CONSOLE_FD] = str(descriptor)
        child = subprocess.Popen(
            words,
            cwd=state.checkout(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=[descriptor],
        )
        _wait(child)
    if not run_dir.verdict_json.exists():
        last = log.read_text(errors="replace").strip().splitlines()[-8:]
        raise HarnessError("the checks ended without a verdict", where=str(log), why="\n       ".join(last))
    text = run_dir.verdict_json.read_text(encoding="utf-8")
    verdict = Verdict.from_json(text)
    if options.json:
        console.result(text.rstrip())
    else:
        show(verdict, run_dir, console)
    return exit_code(verdict)


def _wait(child: subprocess.Popen[bytes]) -> None:
    """Wait for pytest, which is given the time to take the box down after Ctrl-C."""
    while True:
        try:
            child.wait()
            return
        except KeyboardInterrupt:
            # A Ctrl-C at the terminal has reached it already and a second one is not heard; a SIGTERM has not.
            child.send_signal(signal.SIGINT)
