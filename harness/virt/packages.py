"""What nodes with a kernel of their own want of their dom0, as Debian packages bring it.

It takes nothing but Python's own library: a laptop's harness looks there, too (``harness/box/far.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import HostError

USR = Path("/usr")


def check(driver: str, wanted: Mapping[str, Sequence[str]]) -> None:
    """Raises HostError for packages that are missing: each is known by a path below /usr, in one of several
    places."""
    missing = [name for name, places in wanted.items() if not any(any(USR.glob(each)) for each in places)]
    if missing:
        raise HostError(
            f"this machine can't run nodes whose hypervisor is {driver}",
            where="hypervisor of the site file",
            why=f"it lacks the Debian package(s) {', '.join(missing)}",
            remedy=f"apt-get install --no-install-recommends {' '.join(missing)}",
        )
