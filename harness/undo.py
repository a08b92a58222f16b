"""How directories that a ledger owns are removed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from harness.deadline import wait_for

if TYPE_CHECKING:
    from harness.ledger import Entry

REMOVING = 10.0
"""Seconds a directory may resist its removal."""


def remove_directory(entry: Entry) -> None:
    """Remove a directory tree that the ledger owns; processes that are just ending may still write there."""

    def removed() -> bool:
        if os.path.isdir(entry.key):
            shutil.rmtree(entry.key)
        return not os.path.isdir(entry.key)

    wait_for(f"{entry.key} to be removed", removed, REMOVING)
