"""A box on Debian as it is installed: its own kernel, systemd as first process, cgroup v2 alone.

A command of its own, ``./icebox test -e machine``: minutes per machine, most of them spent in emulation.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from machine import Machine

from harness.errors import HostError

LIMIT = 3600.0
"""Seconds for all that is done in the emulator, on a machine that has much else to do."""
PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs", "mmdebstrap": "mmdebstrap"}
GROUPS = "find /sys/fs/cgroup -maxdepth 2 -name 'icebox*'"
HOST_NAME = "./icebox ssh --box trial --as student01 ui -- hostname -f"
LINES = {
    "cgroups": "mount -t cgroup2,cgroup",
    "start": "./icebox start --box trial",
    "status": "./icebox status --box trial --json",
    "login": HOST_NAME,
    "groups": GROUPS,
    "stop": "./icebox stop --box trial",
    "again": f"./icebox start --box trial && {HOST_NAME}",
    "destroy": "./icebox stop --box trial --destroy",
    "ledger": "./icebox ledger --json",
    "left": f"{GROUPS}; ls /run/icebox /var/lib/icebox/boxes; pgrep -a 'libvirtd|holder.sh'",
}


@pytest.fixture(autouse=True)
def programs() -> None:
    if os.geteuid() != 0:
        pytest.skip("a root file system is made by root")
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            raise HostError(f"{program} is not installed", remedy=f"apt-get install {package}")


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_box_on_debian(suite: str, tmp_path: Path) -> None:
    done = Machine(suite, tmp_path).run(LINES, LIMIT)
    assert "cgroup2 on /sys/fs/cgroup" in done["cgroups"].output
    assert "memory" not in done["cgroups"].output.replace("memory_recursiveprot", ""), "a v1 tree is mounted"
    for name in ("start", "login", "stop", "again", "destroy", "ledger"):
        assert done[name].code == 0, f"{LINES[name]}:\n{done[name].output}"
    nodes = json.loads(done["status"].output)
    assert done["groups"].output.strip(), "the box has no control group of its own"
    assert "xenuinode.sytes.net" in done["login"].output
    assert "xenuinode.sytes.net" in done["again"].output
    assert nodes
    assert done["left"].output.strip().splitlines() == ["/run/icebox:", "", "/var/lib/icebox/boxes:"]
