"""A box of containers and a machine stands still, goes on, is saved, and goes back to a snapshot.

The UI is a machine of QEMU's, which is emulated where KVM does not work; the others share its bridge.
"""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import teardown
from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.command import CommandResult
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.ledger import Ledger
from harness.state import checkout
from tests.unit.sites import site_file

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="there is no QEMU"),
]
NAME = "statemixed"
COMMAND = 1800.0
"""Seconds for one command; a box with an emulated node takes a minute."""
BEHIND = 20.0
"""Seconds that it stands still: more than a clock may be off afterwards, whatever a look at it takes."""
QUIET = Console(style=Style.QUIET)
BOOT = "cat /proc/sys/kernel/random/boot_id"


def icebox(*words: str) -> CommandResult:
    typed = [str(checkout() / "icebox"), "--no-install", words[0], "--box", NAME, *words[1:]]
    done = subprocess.run(typed, capture_output=True, text=True, timeout=COMMAND)
    return CommandResult(" ".join(words), "here", done.returncode, done.stdout, done.stderr, 0.0)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    path = site_file(tmp_path_factory.mktemp("site"), ("[ui]", '[ui]\nhypervisor = "qemu"'))
    try:
        icebox("start", "--site", str(path)).check()
        yield
    finally:
        teardown.stop(NAME, QUIET, destroy=True)
    assert not Ledger(NAME).path.exists()


@pytest.fixture
def box(started: None) -> Iterator[Box]:
    made = attach(NAME)
    with contextlib.closing(made):
        yield made


def on_ui(box: Box, line: str) -> str:
    return box.shell(box.site.ui).run(line).check().stdout.strip()


def state() -> str:
    return str(json.loads(icebox("status", "--json").stdout)["state"])


def stands_for_a_while() -> None:
    begun = time.monotonic()
    wait_for("clocks to be behind", lambda: time.monotonic() - begun > BEHIND, 2 * BEHIND, pause=1.0)


def goes_on_as_it_was(box: Box, boot: str) -> None:
    """The same boot, the same processes, its clock that of the others; and a student notices nothing."""
    icebox("resume").check()
    assert on_ui(box, BOOT) == boot
    assert on_ui(box, "cat /run/counting; pgrep -f '[c]ounting'")
    before = time.time()
    told = float(on_ui(box, "date +%s.%N"))
    assert before - BEHIND / 4 < told < time.time() + BEHIND / 4
    assert state() == "up"
    assert not Ledger(NAME).of_kind("suspended")
    job = f"voms-proxy-init -quiet -voms {box.site.vo} && globus-job-run {box.site.ce.fqdn} /bin/hostname"
    assert box.student(box.site.students[0]).run(job).check().stdout.strip() == box.site.ce.fqdn


@pytest.fixture
def boot(box: Box) -> str:
    """Something counts on the UI; which boot of it this is."""
    on_ui(box, "setsid sh -c ': counting; while sleep 1; do date > /run/counting; done' > /dev/null 2>&1 &")
    wait_for("it to count", lambda: on_ui(box, "cat /run/counting || true"), COMMAND, pause=1.0)
    said = on_ui(box, BOOT)
    box.close()
    return said


def test_it_stands_still_and_goes_on(box: Box, boot: str) -> None:
    icebox("suspend").check()
    assert state() == "suspended"
    assert box.dom0.suspended
    stands_for_a_while()
    goes_on_as_it_was(box, boot)


def test_its_memory_is_on_the_disk_meanwhile(box: Box, boot: str) -> None:
    told = json.loads(icebox("save", "--json").check().stdout)
    assert (told["state"], told["saved"]) == ("suspended", [box.site.ui.name])
    [file] = BoxFiles(NAME).saved.iterdir()
    assert file.stat().st_size > 50 << 20
    assert (file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == (0, 0)
    assert not list(_emulators()), "its memory is free for others"
    stands_for_a_while()
    goes_on_as_it_was(box, boot)
    assert not BoxFiles(NAME).saved.exists()
    assert len(list(_emulators())) == 1


def _emulators() -> Iterator[Path]:
    """Command lines of this box's, which bear the name of its machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"guest={NAME}." in path.read_bytes().decode(errors="replace"):
                yield path


def test_it_goes_back_to_a_snapshot(box: Box, boot: str) -> None:
    student = box.student(box.site.students[0])
    student.run("echo old > memo; sync").check()
    icebox("snapshot", "monday").check()
    assert on_ui(box, BOOT) == boot
    student.run("echo new > memo; echo more > later; sync").check()
    box.close()
    icebox("revert", "monday").check()
    box.hang_up()
    assert on_ui(box, BOOT) != boot
    assert student.run("cat memo; ls").check().stdout.split() == ["old", "memo"]
    assert state() == "up"


def test_a_saved_box_is_stopped_in_order(box: Box, boot: str) -> None:
    on_ui(box, "echo kept > /root/kept")
    box.close()
    icebox("save").check()
    icebox("stop").check()
    assert state() == "down"
    assert not BoxFiles(NAME).saved.exists()
    icebox("snapshots").check()
