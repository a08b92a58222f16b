"""Copying a source tree into a layer."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from harness.image import key


def copy(source: Path, target: Path) -> None:
    """Copy files with 0644 or, if executable, 0755: what git keeps, whatever the umask of the checkout.

    All of it is root's.
    """
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if key.is_litter(path):
            continue
        if path.is_symlink():
            to.unlink(missing_ok=True)
            to.symlink_to(os.readlink(path))
        elif path.is_dir():
            to.mkdir(parents=True, exist_ok=True)
            to.chmod(0o755)
        else:
            shutil.copyfile(path, to)
            to.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
        os.chown(to, 0, 0, follow_symlinks=False)
