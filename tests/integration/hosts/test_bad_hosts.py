"""Each machine that can't run a box gets one clear error, exit code 2, and nothing is left on it."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.leaks.sandbox import PREFIX, Sandbox, image, settled

BOX = f"{PREFIX}host"
UNMOUNT = "for d in /sys/fs/cgroup/*/; do ! mountpoint -q $d || umount $d; done"
V1_ONLY = "umount /sys/fs/cgroup/unified"
V2_ONLY = f"{UNMOUNT}; umount /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup"
HYBRID = "[ -e /sys/fs/cgroup/unified/cgroup.controllers ]"

Machine = Callable[..., Sandbox]


def refused(
    sandbox: Sandbox,
    *said: str,
    words: tuple[str, ...] = ("start",),
    living: frozenset[str] = frozenset(),
    **more: dict[str, str],
) -> None:
    """The command ends with 2 and one error that says all of ``said``; nothing has changed.

    What goes on in the process namespaces ``living`` is no change.
    """
    before = sandbox.inventory(living)
    done = sandbox.icebox(*words, "--box", BOX, **more)
    assert done.code == 2, done.output
    assert done.output.count("icebox: ") == 1, done.output
    assert "Traceback" not in done.output
    assert "do:" in done.output
    for each in said:
        assert each in done.output
    assert not settled(sandbox, before, living)


@pytest.fixture(params=["start", "validate"])
def command(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_no_libvirt(machine: Machine, tmp_path: Path, command: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("unshare", "nsenter", "ip", "nft", "mount", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    refused(machine(), "lacks libvirtd", "libvirt-daemon", words=(command,), env={"PATH": str(programs)})


def test_no_cgroup_v2(machine: Machine, command: str) -> None:
    if not os.path.ismount("/sys/fs/cgroup/unified"):
        pytest.skip("this machine is no hybrid that could lose its v2 tree")
    refused(machine(V1_ONLY), "no cgroup v2 tree", "mount -t cgroup2", words=(command,))


def test_cgroup_v2_without_memory(machine: Machine) -> None:
    """As on a hybrid machine where v2 alone is in sight, but v1 has the controllers."""
    if "memory" in _controllers():
        pytest.skip("this machine's v2 tree has its memory controller")
    refused(machine(V2_ONLY), "no mounted cgroup tree has the controller 'memory'")


def test_no_space(machine: Machine, tmp_path: Path, command: str) -> None:
    sandbox = machine(f"mount -t tmpfs -o size=20m none {tmp_path / 'home'}")
    refused(sandbox, "too little space", "ICEBOX_HOME", words=(command,))


def test_no_space_for_the_image(machine: Machine, tmp_path: Path) -> None:
    sandbox = machine(f"mount -t tmpfs -o size=200m none {tmp_path / 'home'}", bare=True)
    before = sandbox.inventory()
    done = sandbox.icebox("build")
    assert done.code == 2, done.output
    assert "too little space to build the image" in done.output
    assert not settled(sandbox, before, but=["state"])
    assert not list((tmp_path / "home").glob("image/*"))


FULL = """
import sys
from harness import cli
from harness.box import host

check = host._check_space

def fill():
    check()
    with open(sys.argv[1], "wb", buffering=0) as file:
        try:
            while file.write(bytes(65536)):
                pass
        except OSError:
            pass

host._check_space = fill
sys.exit(cli.main(sys.argv[2:]))
"""
"""icebox on a disk that was empty when it looked and is full a moment later."""


def test_space_that_runs_out(machine: Machine, tmp_path: Path) -> None:
    """A box that could not be finished is taken away."""
    home = tmp_path / "home"
    sandbox = machine(
        f"mount -t tmpfs -o size=160m none {home}; mkdir {home}/ledger; ln -s {image()} {home}/image"
    )
    before = sandbox.inventory()
    done = sandbox.run([sys.executable, "-c", FULL, str(home / "filler"), "start", "--box", BOX])
    assert sandbox.run(["rm", str(home / "filler")]).code == 0
    assert done.code == 2, done.output
    assert "No space left on device" in done.output
    assert "Traceback" not in done.output
    assert sandbox.icebox("ledger", "clean").code == 0
    assert settled(sandbox, before).get("state", {}).get("came", []) in ([], [str(home / "boxes")])


def test_no_network(machine: Machine) -> None:
    """The image must be built and no mirror can be reached; the sandbox has no network at all."""
    sandbox = machine(bare=True)
    before = sandbox.inventory()
    done = sandbox.icebox("start", "--box", BOX)
    assert done.code == 2, done.output
    assert "Debian's packages could not be laid" in done.output
    assert "check the network" in done.output
    # The log is what the error names.
    left = settled(sandbox, before)
    assert set(left) == {"state"}
    assert set(left["state"]["came"]) <= {
        str(sandbox.home / name) for name in ("image", "log/image-build.log")
    }


def test_not_root(machine: Machine, command: str) -> None:
    sandbox = machine()
    before = sandbox.inventory()
    words = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        sys.executable,
        "-m",
        "harness.cli",
    ]
    done = sandbox.run([*words, command, "--box", BOX])
    assert done.code == 2, done.output
    assert "a box needs root" in done.output or "this needs root" in done.output
    assert "Traceback" not in done.output
    assert not settled(sandbox, before)


def test_choice_that_cannot_be_read(machine: Machine) -> None:
    refused(machine(), "no check can be chosen", "expected identifier", words=("validate", "-k", "test_("))


def test_hybrid_is_good(machine: Machine) -> None:
    if not os.path.ismount("/sys/fs/cgroup/unified"):
        pytest.skip("this machine is no hybrid")
    sandbox = machine(HYBRID)
    before = sandbox.inventory()
    started = sandbox.icebox("start", "--box", BOX)
    assert started.code == 0, started.output
    came = sandbox.inventory()["namespaces"] - before["namespaces"]
    living = frozenset(name for name in came if name.startswith("pid:"))
    refused(sandbox, f"a box named '{BOX}' is already up", f"./icebox status --box {BOX}", living=living)
    assert sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0
    assert not settled(sandbox, before)


def _controllers() -> str:
    for path in ("/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/unified/cgroup.controllers"):
        if os.path.exists(path):
            return Path(path).read_text()
    return ""
