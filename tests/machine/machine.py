"""A Debian machine of its own: kernel, systemd and cgroup v2 as installed, in QEMU's software emulation.

Its root file system is made and set up at this machine's speed, in a chroot; only what needs the kernel runs
in the emulator, which is about thirty times slower.
"""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

from bench import bare
from harness.command import CommandResult
from harness.deadline import within
from harness.errors import HarnessError, WaitError

PACKAGES = (
    *(*bare.PACKAGES, "apparmor", "dbus", "iproute2", "linux-image-cloud-amd64"),
    *("procps", "systemd-sysv", "udev"),
)
"""AppArmor is on every Debian that its installer has made, with profiles of programs that a box runs, too."""
DISK = "16G"
RESULTS = "64M"
"""Size of the second disk, on which the machine leaves a tar archive."""
MEMORY_GB = 6
UNIT = """\
[Unit]
Description=What the test asks for
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh /root/trial.sh
ExecStopPost=/bin/systemctl poweroff --no-block
StandardOutput=file:/root/trial.log
StandardError=inherit
TimeoutStartSec=infinity
"""
SCRIPT = """\
step() {{
    echo "icebox trial: $1" > /dev/ttyS0
    begun=$(date +%s)
    sh -c "$2" > "/root/results/$1.log" 2>&1
    echo $? $(($(date +%s) - begun)) > "/root/results/$1.end"
}}
{variables}
mkdir -p /root/results
cd /{checkout}
{steps}
{end}
"""
BOOT = """\
boot=$(($(cat /root/boots 2> /dev/null || echo 0) + 1))
echo $boot > /root/boots
exec sh /root/trial-$boot.sh
"""
END = "tar -c -f /dev/vdb -C /root results"
PLUG = "sync; echo b > /proc/sysrq-trigger; sleep infinity"
"""Whatever runs is cut off; with ``-no-reboot``, QEMU ends."""
QEMU = (
    "setpriv --pdeathsig KILL qemu-system-x86_64 -nodefaults -no-reboot -display none -machine q35 "
    f"-smp 2 -m {MEMORY_GB}G -accel tcg,thread=multi,tb-size=1024 "
    # QEMU 7.2 (Debian 12) computes wrong flags for cmpxchg16b: an interrupt right after it, and Linux dies of
    # a double fault in kmalloc.
    "-cpu qemu64,cx16=off"
)
FSTAB = "/dev/vda / ext4 defaults 0 1\n"
OWN_KERNEL = "root=/dev/vda rw console=ttyS0 systemd.show_status=0 net.ifnames=0 panic=-1 quiet"
KERNEL = f"{OWN_KERNEL} systemd.wants=trial.service"
"""A panic ends QEMU at once, as the machine would boot again and QEMU is told not to."""
LAST = 6000
"""Characters of the console that a message quotes."""


@dataclass(frozen=True)
class Done:
    """A line that ended in the machine; ``seconds`` by the machine's clock."""

    code: int
    seconds: int
    output: str


class Machine:
    """One machine below ``directory``, of the Debian release ``suite``, with icebox set up.

    ``packages`` are more of Debian's than are wanted to boot it; ``devices`` are words for QEMU.
    """

    def __init__(
        self,
        suite: str,
        directory: Path,
        *,
        packages: Sequence[str] = (),
        icebox: bool = True,
        devices: Sequence[str] = (),
    ) -> None:
        self.suite, self.directory = suite, directory
        self.root, self.console = directory / "root", directory / "console.log"
        self.words = [*QEMU.split(), *devices]
        bare.debian(self.root, suite, (*PACKAGES, *packages))
        if icebox:
            bare.lay_checkout(self.root)
            subprocess.run([*bare.enter(self.root), f"/{bare.INSIDE}/icebox", "setup"], check=True)

    def fetch(self, *packages: str) -> None:
        """Have packages at hand where nothing is reached: apt-get installs them there from its cache."""
        words = ["apt-get", "install", "--yes", "--download-only", *packages]
        subprocess.run([*bare.enter(self.root), *words], check=True)

    def run(self, limit: float, *boots: Mapping[str, str]) -> dict[str, Done]:
        """Boot, and run each line of the first in a shell in the checkout, one after the other.

        For each further one the plug is pulled, and the machine boots again; in the end it powers off.
        Raises WaitError if a boot takes more than ``limit`` seconds, HarnessError if the machine breaks down.
        """
        self._place(boots)
        disk, results = self._disk("disk", DISK), self._disk("results", RESULTS)
        _call("mke2fs", "-q", "-t", "ext4", "-d", self.root, disk)
        try:
            words = self._qemu(f"file:{self.console}", KERNEL, disk, results)
            for _ in boots:
                subprocess.run(words, check=True, timeout=limit)
        except subprocess.TimeoutExpired:
            raise WaitError(
                f"the machine had not run all of its lines and powered off after {limit:.0f} s",
                where=self.suite,
                why=self._last_of_console(),
            ) from None
        return self._read(results, [name for lines in boots for name in lines])

    @contextmanager
    def booted(self) -> Iterator[None]:
        """It runs beside others, and does what its own system starts; in the end the plug is pulled."""
        (self.root / "etc/fstab").write_text(FSTAB)
        disk = self._disk("disk", DISK)
        _call("mke2fs", "-q", "-t", "ext4", "-d", self.root, disk)
        with Popen(self._qemu(f"file:{self.console}", OWN_KERNEL, disk)) as machine:
            try:
                yield
            finally:
                machine.kill()

    @contextmanager
    def shell(self, limit: float) -> Iterator[Callable[[str], CommandResult]]:
        """The machine that ``run`` left, booted to a shell, and not shut down: types lines at its console.

        Raises SilentError if it is not up, or a line has not ended, after ``limit`` seconds.
        """
        words = self._qemu("stdio", f"{KERNEL} init=/bin/sh", self.directory / "disk.img")
        with Popen(words, stdin=PIPE, stdout=PIPE, text=True, errors="replace", bufsize=1) as machine:
            try:
                within(limit, "the machine's shell", lambda: _read_until(machine, "# "))
                within(limit, "its answer", lambda: _typed(machine, "PS1=; stty -echo"))
                yield lambda line: within(limit, f"`{line}` to end", lambda: _typed(machine, line))
            finally:
                machine.kill()

    def _read(self, results: Path, lines: Sequence[str]) -> dict[str, Done]:
        try:
            _call("tar", "-x", "-f", results, "-C", self.directory)
            return {name: _done(self.directory / "results", name) for name in lines}
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise HarnessError(
                "the machine ended without having run all of its lines",
                where=self.suite,
                why=f"{error}; its console ends with:\n{self._last_of_console()}",
            ) from error

    def _last_of_console(self) -> str:
        return self.console.read_text(errors="replace")[-LAST:] if self.console.exists() else "no console"

    def _place(self, boots: Sequence[Mapping[str, str]]) -> None:
        variables = (f"export {key}={shlex.quote(value)}" for key, value in bare.variables().items())
        told = "\n".join(variables)
        for number, lines in enumerate(boots, 1):
            script = SCRIPT.format(
                variables=told,
                checkout=bare.INSIDE,
                steps="\n".join(f"step {name} {shlex.quote(line)}" for name, line in lines.items()),
                end=END if number == len(boots) else PLUG,
            )
            (self.root / f"root/trial-{number}.sh").write_text(script)
        (self.root / "root/trial.sh").write_text(BOOT)
        (self.root / "etc/systemd/system/trial.service").write_text(UNIT)
        (self.root / "etc/fstab").write_text(FSTAB)

    def _disk(self, name: str, size: str) -> Path:
        path = self.directory / f"{name}.img"
        path.unlink(missing_ok=True)
        _call("truncate", "-s", size, path)
        return path

    def _qemu(self, serial: str, kernel: str, *disks: Path) -> list[str]:
        words = [*self.words, "-append", kernel, "-serial", serial]
        words += ["-kernel", str(self.root / "vmlinuz"), "-initrd", str(self.root / "initrd.img")]
        for disk in disks:
            # On a full disk QEMU would have the machine stand still, and nobody waits for that.
            words += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe,werror=report"]
        return words


def _done(results: Path, name: str) -> Done:
    code, seconds = (results / f"{name}.end").read_text().split()
    return Done(int(code), int(seconds), (results / f"{name}.log").read_text(errors="replace"))


def _typed(machine: Popen[str], line: str) -> CommandResult:
    """Type a line, and read until its end."""
    assert machine.stdin is not None
    machine.stdin.write(f"{line}; echo end-$?-\n")
    output, _, end = _read_until(machine, r"end-\d+-\n").rpartition("end-")
    return CommandResult(line, "the machine", int(end.partition("-")[0]), output, "", 0.0)


def _read_until(machine: Popen[str], words: str) -> str:
    """What its console shows, up to these words."""
    assert machine.stdout is not None
    shown = ""
    while not re.search(f"{words}$", shown):
        read = machine.stdout.read(1)
        assert read, f"the machine ended: {shown}"
        shown += read
    return shown


def _call(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True)
