"""Where the prepared parts lie on this machine, and what the machine is."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from harness import state
from harness.errors import HostError

CHECKOUT = Path(__file__).resolve().parents[2]
OLDEST_DEBIAN = 12
STAMPS = "stamps"


@dataclass(frozen=True)
class Machine:
    """This machine as the set-up sees it.  ``root`` stands before paths of Debian itself (for tests).

    Prepared parts lie under ``home``, each in a directory named by the hash of what it was made from, so that
    checkouts with the same pins share them and checkouts with others don't disturb them.
    """

    home: Path = field(default_factory=state.checked_home)
    checkout: Path = CHECKOUT
    root: Path = Path("/")
    python: str = "/usr/bin/python3"

    def directory(self, part: str, *inputs: str) -> Path:
        """The directory of ``part`` made from ``inputs``; it need not exist yet."""
        digest = hashlib.sha256("\0".join(inputs).encode()).hexdigest()
        return self.home / part / digest[:12]

    @property
    def python_version(self) -> str:
        return f"{sys.version_info.major}.{sys.version_info.minor}"

    @property
    def libvirt_version(self) -> str:
        """As in the library's file name (``0.9000.0`` is libvirt 9.0.0); empty before it is installed."""
        for link in sorted(self.root.glob("usr/lib/*/libvirt.so.0")):
            return os.path.basename(os.path.realpath(link)).removeprefix("libvirt.so.")
        return ""

    def read_stamp(self, name: str) -> str:
        """What ``write_stamp`` kept under ``name``; empty if nothing."""
        try:
            return (self.home / STAMPS / name).read_text(encoding="utf-8")
        except OSError:
            return ""

    def write_stamp(self, name: str, text: str) -> None:
        """Keep ``text``.  Stamps only save time: none is kept before the first set-up, nor for a user who
        may not write them."""
        if not os.access(self.home, os.W_OK):
            return
        stamp = self.home / STAMPS / name
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(text, encoding="utf-8")

    def text(self, name: str) -> str:
        """The text of a file of the checkout."""
        return (self.checkout / name).read_text(encoding="utf-8")

    def require_debian(self) -> None:
        """HostError unless packages can be installed here: Debian 12 or newer, or a relative of it."""
        release = self._os_release()
        kin = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
        if "debian" not in kin or not (self.root / "usr/bin/apt-get").exists():
            raise HostError(
                "icebox needs Debian 12 or newer",
                why=f"this is {release.get('PRETTY_NAME') or 'no Debian'}",
                remedy="run it on a Debian host or in a Debian virtual machine",
            )
        version = release.get("VERSION_ID", "")
        # testing and unstable have no number
        if release.get("ID") == "debian" and version.isdigit() and int(version) < OLDEST_DEBIAN:
            raise HostError(
                "icebox needs Debian 12 or newer",
                why=f"this is {release.get('PRETTY_NAME')}",
                remedy="upgrade the host, or use a newer one",
            )

    def require_root(self) -> None:
        if os.geteuid() != 0:
            raise HostError(
                "only root can install what is missing",
                why=f"this is user id {os.geteuid()}",
                remedy="run the same command as root",
            )

    def require_space(self, needed: int) -> None:
        """HostError unless ``needed`` bytes are free both for the state directory and for packages."""
        for path in (self.home, self.root / "usr"):
            free = shutil.disk_usage(_existing(path)).free
            if free < needed:
                raise HostError(
                    "not enough disk space for the set-up",
                    where=str(path),
                    why=f"{megabytes(free)} free, {megabytes(needed)} needed",
                    remedy="free some space, or set ICEBOX_HOME to a directory on a larger disk",
                )

    def _os_release(self) -> dict[str, str]:
        """os-release(5), without its rarer ways of quoting."""
        try:
            lines = (self.root / "etc/os-release").read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
        pairs = (line.split("=", 1) for line in lines if "=" in line)
        return {name: value.strip("\"'") for name, value in pairs}


def version() -> str:
    """Of this icebox."""
    return str(tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def megabytes(size: int) -> str:
    return f"{size // 1_000_000} MB"


def _existing(path: Path) -> Path:
    """``path``, or the nearest directory above it that exists."""
    while not path.exists():
        path = path.parent
    return path
