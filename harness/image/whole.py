"""A directory that is made beside, and gets its name when all of it is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import durable, umask
from harness.ledger import Ledger


@contextmanager
def whole(top: Path, journal: Ledger) -> Iterator[Path]:
    """An empty directory that is ``top`` once the body has filled it, and it is on the disk.

    Killed half way, or with the power gone, nothing of it is taken for whole; the journal knows what is left.
    """
    umask.ours()
    partial = top.with_suffix(".partial")
    entry = journal.intend("directory", str(partial))
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    durable.sync_all(partial)
    durable.place(partial, top)
    journal.gone(entry)
