"""Brings one box up in a process of its own, tells how that went, and holds it until its standard input ends.

    python -m bench.hold NAME SITE_FILE

Prints one line of JSON: ``{"seconds": …, "timings": {stage: seconds}}``, then, for every line it reads,
another: ``{"memory": {owner: bytes}}``.  The end of the input takes the box down, also when whoever started
this was killed.
"""

import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import processes
from bench.session import passing_box
from harness.errors import IceboxError


def main(argv: Sequence[str]) -> int:
    """Bring up, answer, take down."""
    name, site_file = argv
    # The holder's parent tells it when to end; a Ctrl-C at the terminal reaches that one as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    started = time.perf_counter()
    try:
        with passing_box(name, Path(site_file)) as (box, timings):
            tell({"seconds": time.perf_counter() - started, "timings": timings})
            for _ in sys.stdin:
                tell({"memory": processes.memory(box)})
    except IceboxError as error:
        tell({"error": str(error)})
        return 1
    return 0


def tell(what: Mapping[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
