"""The emulated machine: QEMU with Xen as what it boots, and Linux as Xen's module.

Facts of what boots: the processor model ``qemu64`` with Intel's vendor.  A PV dom0 dies at once on ``max``
(SMAP), and libvirt's Xen driver knows no model of AMD's vendor there.
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from harness import process
from harness.deadline import wait_for
from harness.errors import HostError, WaitError
from harness.ledger import Entry
from harness.xenhost.monitor import monitor
from harness.xenhost.system import System

PROGRAM = "qemu-system-x86_64"
MARK = "-name"
"""The word of its command line before the token that the ledger has."""
MEMORY = 4 << 30
"""Bytes of the machine: 768 MB of its dom0, the rest for domains."""
MACHINE = (
    *(
        "-nodefaults",
        "-no-reboot",
        "-display",
        "none",
        "-machine",
        "q35",
        "-smp",
        "2",
        "-m",
        str(MEMORY >> 20),
    ),
    *("-accel", "tcg,thread=multi,tb-size=1024", "-cpu", "qemu64,vendor=GenuineIntel"),
)
XEN = (
    "dom0_mem=768M,max:768M dom0_max_vcpus=1 console=com1 com1=115200,8n1 "
    # Defences that emulation pays for, and that nobody attacks.
    "spec-ctrl=no xpti=no pv-l1tf=no"
)
LINUX = "root=/dev/vda console=hvc0 quiet mitigations=off net.ifnames=0"
SNAPSHOT = "booted"
BOOTING = 900.0
"""Seconds until it answers; a boot takes 40 to 90 on an idle machine, and that is the emulator's speed."""
GREETING = 3.0
"""Seconds for sshd's first words; QEMU itself takes the connection, whatever is behind it."""
LAST = 600
"""Characters of the console that a message quotes."""


def words(
    system: System, run: Path, disk: Path, shown: Mapping[str, Path], port: int, token: str, *more: str
) -> list[str]:
    """The command line that is the machine, with ``port`` of the loopback as its sshd's.

    ``shown`` are disks that it can read, by their serial numbers there.
    """
    # QEMU reads commas in these as its own, and takes two for one.
    linux = f"{system.kernel} {LINUX}".replace(",", ",,")
    return [
        *(PROGRAM, MARK, token, *MACHINE),
        *("-kernel", str(system.hypervisor), "-append", XEN, "-initrd", f"{linux},{system.initrd}"),
        *_drive("root", f"file={disk},format=qcow2,cache=unsafe,discard=unmap"),
        *(
            word
            for serial, path in shown.items()
            for word in _drive(serial, f"file={path},format=raw,readonly=on")
        ),
        *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:22", "-device", "virtio-net-pci,netdev=net"),
        *("-serial", f"file:{console(run)}", "-qmp", f"unix:{socket_of(run)},server=on,wait=off"),
        *more,
    ]


def _drive(serial: str, what: str) -> tuple[str, ...]:
    """In their order on the command line they are /dev/vda and so on."""
    made = f"virtio-blk-pci,drive=disk-{serial},serial={serial}"
    return "-drive", f"{what},if=none,id=disk-{serial}", "-device", made


def console(run: Path) -> Path:
    return run / "console.log"


def socket_of(run: Path) -> Path:
    return run / "monitor"


def version(shown: Collection[str] = ()) -> str:
    """A snapshot is of one machine of one QEMU, with the disks that it can read: what this one is."""
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    return hashlib.sha256("\0".join((said, *MACHINE, XEN, LINUX, *shown)).encode()).hexdigest()[:12]


def start(line: Sequence[str], log: Path) -> None:
    """In a session of its own, as nobody's child."""
    script = 'exec </dev/null >>"$0" 2>&1; setsid "$@" &'
    subprocess.run(["sh", "-c", script, str(log), *line], check=True)


def runs(token: str) -> bool:
    return any(process.marked(MARK, token))


def end(entry: Entry) -> None:
    """Pull its plug."""
    process.end_marked(MARK, entry.key)


def await_ssh(port: int, token: str, run: Path) -> None:
    """Wait until its sshd speaks; raises HostError if it ended instead, WaitError if it took too long."""
    ended = process.Steady(lambda: not runs(token))

    def speaks() -> str:
        if ended():
            return "ended"
        with closing(socket.create_connection(("127.0.0.1", port), GREETING)) as line:
            line.settimeout(GREETING)
            return "speaks" if line.recv(4) == b"SSH-" else ""

    try:
        outcome = wait_for("ssh of the Xen host", speaks, BOOTING, where=str(console(run)), pause=0.2)
    except WaitError as late:
        late.why = _last_words(run)
        raise
    if outcome == "ended":
        raise HostError(
            "the machine of the Xen host ended before its ssh answered", where=str(run), why=_last_words(run)
        )


def _last_words(run: Path) -> str:
    texts = (path.read_text(errors="replace") for path in (run / "qemu.log", console(run)) if path.exists())
    return "\n".join(texts)[-LAST:].strip() or "it wrote nothing"


def snapshot(run: Path) -> None:
    """Keep disk and memory as they are in its disk, and end it."""
    with monitor(socket_of(run)) as told:
        told.ask("stop")
        told.type(f"savevm {SNAPSHOT}")
        told.ask("quit")


def free_port() -> int:
    """One of the loopback that nobody listens at."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
