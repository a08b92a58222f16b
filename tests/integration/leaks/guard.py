"""Ends a sandbox when whoever made it lets go, and its input ends: ``guard.py HOLDER HOME PREFIX``.

A pytest that is killed ends no fixture. Its sandbox would stand for ever, and so would the control groups of
the boxes in it, which are the machine's.
"""

import contextlib
import os
import re
import select
import signal
import sys
from pathlib import Path

from harness.dom0 import cgroup

PATIENCE = 60.0


def main(holder: int, home: Path, prefix: str) -> None:
    ended = os.pidfd_open(holder)
    closed = sys.stdin.buffer.read()
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(ended, signal.SIGKILL)
    if not select.select([ended], [], [], PATIENCE)[0]:
        raise SystemExit(f"the sandbox of process {holder} has not ended")
    # What the ledger would have removed: groups alone are not the sandbox's own.
    names: set[str] = set()
    for journal in (home / "ledger").glob("*.jsonl"):
        names.update(re.findall(r"icebox-\w+\.[0-9a-f]{16}", journal.read_text()))
    if not closed:  # its files may have gone before
        names.update(group.name for tree in cgroup.trees() for group in tree.glob(f"icebox-{prefix}*"))
        names = set(filter(_is_empty, names))
    for name in names:
        cgroup.remove(name)


def _is_empty(name: str) -> bool:
    """Whether no process is in a group of that name: nothing that lives is called like a dead one's boxes."""
    return not any(
        (Path(directory) / "cgroup.procs").read_text()
        for tree in cgroup.trees()
        for directory, _, _ in os.walk(tree / name)
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
