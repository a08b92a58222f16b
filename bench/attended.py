"""Measuring while a person waits: stopped by Ctrl-C, and with nothing left of it afterwards."""

import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.box import host, teardown
from harness.console import Console
from harness.errors import ExitCode, IceboxError


def attended(name: str, console: Console, work: Callable[[Path], ExitCode]) -> int:
    """The exit code of ``work``, which gets a directory for what it writes; as of icebox if it fails."""
    for request in (signal.SIGINT, signal.SIGTERM):
        # A shell without job control has SIGINT ignored by what it starts with "&".
        signal.signal(request, signal.default_int_handler)
    scratch = Path(tempfile.mkdtemp(prefix=f"icebox-{name}-"))
    try:
        host.check()
        teardown.clean(console)
        return int(work(scratch))
    except IceboxError as error:
        console.error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        console.error("stopped; no box of the benchmarks is left")
        return int(ExitCode.UNKNOWN)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
