"""Ends a sandbox when whoever made it lets go: ``guard.py HOLDER HOME``, with the end of a pipe as its input.

A pytest that is killed ends no fixture. Its sandbox would stand for ever, and so would the control groups of
the boxes in it, which are the machine's.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
from pathlib import Path

from harness.dom0 import cgroup

PATIENCE = 60.0


def main(holder: int, home: Path) -> None:
    ended = os.pidfd_open(holder)
    sys.stdin.buffer.read()
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(ended, signal.SIGKILL)
    if not select.select([ended], [], [], PATIENCE)[0]:
        raise SystemExit(f"the sandbox of process {holder} has not ended")
    # What the ledger would have removed: groups alone are not the sandbox's own.
    for journal in (home / "ledger").glob("*.jsonl"):
        for name in set(re.findall(r"icebox-\w+\.[0-9a-f]{16}", journal.read_text())):
            cgroup.remove(name)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
