"""A Debian machine of its own: kernel, systemd and cgroup v2 as installed, in QEMU's software emulation.

Its root file system is made and set up at this machine's speed, in a chroot; only what needs the kernel runs
in the emulator, which is about thirty times slower.
"""

from __future__ import annotations

import shlex
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import bare

PACKAGES = (*bare.PACKAGES, "dbus", "iproute2", "linux-image-cloud-amd64", "systemd-sysv", "udev")
DISK = "16G"
RESULTS = "64M"
"""Size of the second disk, on which the machine leaves a tar archive."""
UNIT = """\
[Unit]
Description=What the test asks for

[Service]
Type=oneshot
ExecStart=/bin/sh /root/trial.sh
ExecStopPost=/bin/systemctl poweroff --no-block
StandardOutput=file:/root/trial.log
StandardError=inherit
TimeoutStartSec=infinity
"""
STEP = """\
{{ {line}
}} > /root/results/{name}.log 2>&1
echo $? > /root/results/{name}.code
"""
QEMU = (
    "qemu-system-x86_64 -nodefaults -no-reboot -display none -machine q35 -smp 2 -m 6G "
    "-accel tcg,thread=multi,tb-size=1024 -cpu qemu64"
)
KERNEL = "root=/dev/vda rw console=ttyS0 systemd.show_status=0 systemd.wants=trial.service quiet"


@dataclass(frozen=True)
class Done:
    """A line that ended in the machine."""

    code: int
    output: str


class Machine:
    """One machine below ``directory``, of the Debian release ``suite``, with icebox set up."""

    def __init__(self, suite: str, directory: Path) -> None:
        self.root, self.directory = directory / "root", directory
        bare.debian(self.root, suite, PACKAGES)
        bare.lay_checkout(self.root)
        subprocess.run([*bare.enter(self.root), f"/{bare.INSIDE}/icebox", "setup"], check=True)

    def run(self, lines: Mapping[str, str], seconds: float) -> dict[str, Done]:
        """Boot, run each line in a shell in the checkout, one after the other, and power off."""
        self._place(lines)
        disk, results = self._disk("disk", DISK), self._disk("results", RESULTS)
        _call("mke2fs", "-q", "-t", "ext4", "-d", self.root, disk)
        subprocess.run(self._qemu(disk, results), check=True, timeout=seconds)
        with tarfile.open(results) as archive:
            archive.extractall(self.directory, filter="data")
        found = self.directory / "results"
        return {
            name: Done(int((found / f"{name}.code").read_text()), (found / f"{name}.log").read_text())
            for name in lines
        }

    def _place(self, lines: Mapping[str, str]) -> None:
        variables = "".join(
            f"export {name}={shlex.quote(value)}\n" for name, value in bare.variables().items()
        )
        steps = "".join(STEP.format(name=name, line=line) for name, line in lines.items())
        script = f"{variables}mkdir /root/results; cd /{bare.INSIDE}\n{steps}"
        (self.root / "root/trial.sh").write_text(f"{script}tar -c -f /dev/vdb -C /root results trial.log\n")
        (self.root / "etc/systemd/system/trial.service").write_text(UNIT)
        (self.root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")

    def _disk(self, name: str, size: str) -> Path:
        path = self.directory / f"{name}.img"
        path.unlink(missing_ok=True)
        _call("truncate", "-s", size, path)
        return path

    def _qemu(self, *disks: Path) -> list[str]:
        words = [*QEMU.split(), "-append", KERNEL, "-serial", f"file:{self.directory / 'console.log'}"]
        words += ["-kernel", str(self.root / "vmlinuz"), "-initrd", str(self.root / "initrd.img")]
        for disk in disks:
            words += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]
        return words


def _call(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True)
