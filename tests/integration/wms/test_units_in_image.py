"""The broker's unit tests that need HTCondor's ClassAd library, run where it is: by the image's Python."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from harness.image import base

ROOT = Path(__file__).parents[3]
SCRIPT = """
set -e
mount -t proc none "$1/proc"
mount -t tmpfs none "$1/tmp"
mkdir "$1/tmp/project" "$1/tmp/packages"
mount --bind -o ro "$2" "$1/tmp/project"
mount --bind -o ro "$3" "$1/tmp/packages"
cd "$1/tmp/project"
exec chroot "$1" sh -c 'cd /tmp/project; PYTHONPATH=/tmp/packages PYTHONDONTWRITEBYTECODE=1 \
    exec python3 -m pytest -p no:cacheprovider --confcutdir=tests/unit/wms_server -q tests/unit/wms_server'
"""
"""In mount and process namespaces of its own, so that the base layer stays as it is, and nothing is left."""
PATIENCE = 300
"""Seconds for all of them."""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
def test_the_broker_s_units_by_the_image_s_python() -> None:
    tree = Path(os.environ.get("ICEBOX_TEST_ROOT") or base.wanted().root)
    if not (tree / "usr/lib/python3/dist-packages/classad2").is_dir():
        pytest.skip(f"no base layer with HTCondor in {tree}: ./icebox build makes it")
    packages = sysconfig.get_path("purelib")
    words = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--propagation",
        "private",
        "sh",
        "-c",
        SCRIPT,
        "units",
    ]
    ran = subprocess.run(
        [*words, str(tree), str(ROOT), packages],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout
    assert "skipped" not in ran.stdout
