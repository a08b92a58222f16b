"""What each start lays anew on every machine: certificates, and whom it trusts.

A machine's own writes lie over its site layer, and outlive it: a file that was damaged, changed or removed
there would stay so, however often the box is stopped and started.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from harness.box.files import BoxFiles
from harness.image.layer import OUTSIDE
from harness.site import Site

TOP = Path("etc/grid-security")
WHOLE = ("certificates", "vomsdir")
"""Directories below TOP of which every file counts that the site layer has."""
NAMES = ("hostcert.pem", "hostkey.pem")
"""Files that count in TOP, and in each directory of a service there."""
ASIDE = Path("var/lib/icebox/replaced")
"""Where on the machine lies what stood in the place of a file; root's alone, since there may be keys."""
OPAQUE = "trusted.overlay.opaque"
"""Marks a directory that was removed and made again: nothing of the layers below shows in it."""


def lay(site: Site, files: BoxFiles) -> None:
    """Take away what hides those files; to be called while the file systems are not mounted."""
    for name in (*(node.name for node in site.nodes), OUTSIDE):
        uncover(files.layer(name), files.scratch(name) / "upper")


def uncover(layer: Path, upper: Path) -> None:
    """Have the files of ``layer`` show again that ``upper`` hides; what differs from them is put aside."""
    if not os.path.lexists(upper / TOP.parts[0]):
        return  # nothing was written there yet
    for path in laid_anew(layer):
        for parent in reversed(path.parents[:-1]):
            _show(upper / parent)
        _show(upper / path, layer / path, upper / ASIDE / path)


def laid_anew(layer: Path) -> Iterator[Path]:
    """Paths of the files of a site layer that are to show."""
    top = layer / TOP
    for name in WHOLE:
        yield from (path.relative_to(layer) for path in sorted((top / name).rglob("*")) if path.is_file())
    for name in NAMES:
        yield from (path.relative_to(layer) for path in sorted([*top.glob(name), *top.glob(f"*/{name}")]))


def _show(above: Path, below: Path | None = None, aside: Path | None = None) -> None:
    """Take one path away if it hides what is below; a directory only if it is none any more, or opaque."""
    try:
        found = above.lstat()
    except OSError:
        return
    if below is None and stat.S_ISDIR(found.st_mode):
        with contextlib.suppress(OSError):
            os.removexattr(above, OPAQUE)
        return
    if aside is not None and below is not None and not stat.S_ISCHR(found.st_mode):
        _put_aside(above, aside)
    _remove(above, found)


def _put_aside(above: Path, aside: Path) -> None:
    aside.parent.mkdir(parents=True, exist_ok=True)
    next(parent for parent in aside.parents if parent.name == ASIDE.name).chmod(0o700)
    with contextlib.suppress(FileNotFoundError):
        _remove(aside, aside.lstat())
    above.rename(aside)


def _remove(path: Path, found: os.stat_result) -> None:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(found.st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()
