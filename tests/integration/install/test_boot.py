"""A machine boots from its installed disks, with nothing of the box beside them.

Not by Xen, which this machine does not run: QEMU emulates a processor, and the same kernel finds the same
five disks in the same order.
"""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.errors import ExitCode
from harness.virt import originals
from harness.virt.domain import WRITTEN
from tests.integration.install.conftest import Place
from tests.unit.sites import SITE

PROGRAM = "qemu-system-x86_64"
BOOTING = 1800.0
"""Seconds until its console answers; it takes twenty on an idle machine."""
ASKED = "echo is-$(hostname); findmnt -no FSTYPE /; swapon --noheadings --show=SIZE; echo done-'asking'\n"
DONE = "done-asking"
"""Printed, and not in what is typed, which the console repeats."""
ANSWERS = 5
"""So many are looked at: on a busy machine, what is typed is repeated in the midst of one."""


@contextmanager
def booted(top: Path, kept: list[str]) -> Iterator[subprocess.Popen[str]]:
    """The UI; what its console says is added to ``kept``."""
    [kernel], [initrd] = (list((top / "boot").glob(name)) for name in ("vmlinuz-*", "initrd-*"))
    words = [PROGRAM, "-nodefaults", "-display", "none", "-machine", "q35", "-accel", "tcg", "-m", "512"]
    words += ["-cpu", "qemu64", "-serial", "stdio", "-no-reboot", "-nic", "user,model=virtio,restrict=on"]
    words += ["-kernel", str(kernel), "-initrd", str(initrd), "-append"]
    words += ["console=ttyS0 net.ifnames=0 panic=-1 quiet mitigations=off icebox.role=ui"]
    for drive, name in originals.drives(SITE.ui).items():
        only = "" if drive in WRITTEN else ",readonly=on"
        words += ["-drive", f"file={top}/images/{name},format=raw,if=virtio{only}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, errors="replace") as machine:
        said = machine.stdout
        assert said
        reader = threading.Thread(target=lambda: kept.extend(iter(lambda: said.read(1), "")))
        reader.start()
        try:
            yield machine
        finally:
            machine.kill()
            reader.join()


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="this machine has no QEMU")
def test_a_machine_boots_from_its_installed_disks(place: Place) -> None:
    top = place.top / "box"
    assert place.icebox("install", "--files", str(top)).code == ExitCode.GO
    kept: list[str] = []
    wanted = f"is-{SITE.ui.fqdn} overlay 256M {DONE}"

    def words() -> str:
        return " ".join("".join(kept).split())

    with booted(top, kept) as machine:
        typed = machine.stdin
        assert typed

        def answered() -> bool:
            assert machine.poll() is None, "".join(kept)
            # Whoever logs in there is asked for his terminal's size first, and swallows what comes meanwhile.
            typed.write(ASKED)
            typed.flush()
            return wanted in words() or words().count(DONE) >= ANSWERS

        wait_for("the console to answer", answered, BOOTING, pause=5.0)
    assert wanted in words()
