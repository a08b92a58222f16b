"""LVM where the kernel has no device-mapper: lvm2 itself, on a loop device, and its volumes as loop devices.

Groups, volumes and tags are lvm2's own, on a disk.  What the device-mapper would do - a volume is a piece of
its physical volume - loop devices do, at the place that lvm2 chose.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.image import base

CONFIGURATION = """\
devices {{ filter = [ "a|^({devices})$|", "r|.*|" ] use_devicesfile = 0 }}
global {{ locking_dir = "{top}/lock" event_activation = 0 use_lvmpolld = 0 }}
activation {{ udev_sync = 0 udev_rules = 0 monitoring = 0 }}
backup {{ backup = 0 archive = 0 }}
"""
PROGRAM = """\
#!/bin/sh
exec {python} -P {file} {top} "$@"
"""


class Lvm:
    """lvm2 in ``top``, unpacked and not installed; it sees the devices named alone."""

    def __init__(self, top: Path, root: Path, devices: Sequence[str]) -> None:
        self.top, self.path, self.devices = top, top / "bin", devices
        (top / "lock").mkdir(parents=True)
        self.path.mkdir()
        (top / "root").symlink_to(root)
        (top / "lvm.conf").write_text(CONFIGURATION.format(devices="|".join(devices), top=top))
        program = self.path / "lvm"
        program.write_text(PROGRAM.format(python=sys.executable, file=Path(__file__).resolve(), top=top))
        program.chmod(0o755)

    def run(self, *words: str) -> str:
        done = subprocess.run([self.path / "lvm", *words], capture_output=True, text=True)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def make(self, name: str, extents: int) -> None:
        """A volume ``GROUP/NAME`` of somebody's."""
        group, _, own = name.partition("/")
        size = ["--extents", str(extents)]
        self.run("lvcreate", "--yes", "--wipesignatures", "y", "--addtag", "own", "--name", own, *size, group)

    def let_go(self) -> None:
        """Detach what is left of volumes' devices, whatever became of the group."""
        for entry in map(Path, Path("/dev").glob("*/*")):
            backing = Path("/sys/block") / entry.resolve().name / "loop/backing_file"
            if entry.is_symlink() and backing.exists() and backing.read_text().strip() in self.devices:
                unmap(entry)

    def names(self, command: str, column: str) -> list[str]:
        return self.run(command, "--noheadings", "-o", column).split()


def unpack(root: Path) -> Path:
    """Debian's package; the path comes back."""
    words = [*base.mmdebstrap("extract", ["lvm2"], root)]
    subprocess.run(words, check=True, capture_output=True, text=True)
    return root


@contextmanager
def disk(path: Path, size: int) -> Iterator[str]:
    """A loop device of a sparse file; volumes on it are let go of in the end."""
    with path.open("wb") as file:
        file.truncate(size)
    device = _losetup(str(path))
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


def _losetup(*words: str) -> str:
    made = ["losetup", "--find", "--show", *words]
    return subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True)
class _Stand:
    """The program behind the name ``lvm``."""

    top: Path

    def lvm(self, *words: str) -> subprocess.CompletedProcess[str]:
        root = self.top / "root"
        places = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
        libraries = ":".join(f"{root}/{name}" for name in places)
        loader = next(each for each in root.glob("**/ld-linux-x86-64.so.2") if each.exists())
        program = next(path for name in ("usr/sbin/lvm", "sbin/lvm") if (path := root / name).exists())
        line = [str(loader), "--library-path", libraries, str(program), *words, "--driverloaded", "n"]
        environment = {**os.environ, "LVM_SYSTEM_DIR": str(self.top), "LVM_SUPPRESS_FD_WARNINGS": "1"}
        return subprocess.run(line, env=environment, capture_output=True, text=True)

    def main(self, command: str, words: list[str]) -> int:
        name = words[-1] if words else ""
        if command == "lvcreate":
            name = f"{name}/{words[words.index('--name') + 1]}"
            # It can't clear what it can't reach.
            at = words.index("--wipesignatures")
            words = [*words[:at], *words[at + 2 :], "-an", "-Zn", "-Wn"]
        if command == "lvremove":
            unmap(Path("/dev") / name)
        done = self.lvm(command, *words)
        if command == "lvcreate" and done.returncode == 0:
            self._map(name)
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        return done.returncode

    def _report(self, command: str, columns: str, of: str) -> dict[str, str]:
        options = ["--reportformat", "json", "--units", "b", "--nosuffix", "-o", columns]
        [found] = json.loads(self.lvm(command, *options, of).stdout)["report"]
        [row] = next(iter(found.values()))
        return dict(row)

    def _map(self, name: str) -> None:
        row = self._report("lvs", "seg_pe_ranges,vg_extent_size,lv_size", name)
        device, _, extents = row["seg_pe_ranges"].partition(":")
        begin = int(self._report("pvs", "pe_start", device)["pe_start"])
        at = begin + int(extents.partition("-")[0]) * int(row["vg_extent_size"])
        link = Path("/dev") / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(_losetup("--offset", str(at), "--sizelimit", row["lv_size"], device))


def unmap(link: Path) -> None:
    """Take the device of a volume away."""
    if link.is_symlink():
        subprocess.run(["losetup", "--detach", str(link.resolve())], check=True)
        link.unlink()
        if not any(link.parent.iterdir()):
            link.parent.rmdir()


if __name__ == "__main__":
    sys.exit(_Stand(Path(sys.argv[1])).main(sys.argv[2], sys.argv[3:]))
