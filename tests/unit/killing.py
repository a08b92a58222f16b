"""What a writer leaves that is killed while it writes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from harness import durable


def killed_while_writing(path: Path, act: Callable[[], object]) -> None:
    """Do it in a process of its own, which dies of SIGKILL when ``path`` is written, and has no name."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(durable.partial_of(path))
            act()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{path} was never written durably"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _die_at(partial: Path) -> None:
    sync = os.fsync

    def dying(handle: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{handle}")) == partial:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(handle)

    os.fsync = dying
