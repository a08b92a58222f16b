"""Brings one box up in a process of its own, tells how that went, and holds it until its standard input ends.

    python -m bench.hold NAME SITE_FILE

Prints one line of JSON: ``{"seconds": …, "timings": {stage: seconds}}``, then, for every line it reads,
another: ``{"memory": {owner: bytes}}``.  The end of the input takes the box down, also when whoever started
this was killed.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import processes
from harness.box import bringup, teardown
from harness.console import Console, Style
from harness.errors import IceboxError
from harness.sitefile import load


def main(argv: Sequence[str]) -> int:
    """Bring up, answer, take down."""
    name, site_file = argv
    # The holder's parent tells it when to end; a Ctrl-C at the terminal reaches that one as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    console = Console(style=Style.QUIET)
    started = time.perf_counter()
    try:
        box = bringup.start(bringup.Request(load(Path(site_file)), name, ephemeral=True), console)
    except IceboxError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    try:
        print(json.dumps({"seconds": time.perf_counter() - started, "timings": console.timings}), flush=True)
        for _ in sys.stdin:
            print(json.dumps({"memory": processes.memory(box)}), flush=True)
    finally:
        try:
            box.close()
        finally:
            teardown.stop(name, console, destroy=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
