"""libvirt of the host stays as it was at the next boot, too.

Debian 13's libvirt packages enable their units.  A box runs a libvirtd of its own, so those that the set-up's
packages enabled are disabled again; those that somebody had enabled before are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import durable

UNITS = "etc/systemd/system"
OURS = ("libvirt", "virtlock", "virtlog")
BEFORE = "units-enabled-before"


@contextmanager
def kept_disabled(root: Path, home: Path) -> Iterator[None]:
    """Disable what the body enables of libvirt's units (as systemctl disable: by taking the links away).

    What was enabled before is written down first, so that a run after a killed one still knows it.
    """
    record = home / BEFORE
    if not record.exists():
        durable.write(record, "".join(f"{link}\n" for link in enabled(root)))
    try:
        yield
    finally:
        before = set(record.read_text(encoding="utf-8").splitlines())
        for link in enabled(root):
            if str(link) not in before:
                link.unlink()
        record.unlink()


def enabled(root: Path) -> list[Path]:
    """The links that enable units of libvirt."""
    return [link for link in sorted((root / UNITS).glob("*.*/*")) if link.name.startswith(OURS)]
