"""Xen's own xl, of Debian's package, on a machine without Xen: what it understands of a configuration."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from harness.image import base

SUITE, PACKAGE, XL = "bookworm", "xen-utils-4.17", "/usr/lib/xen-4.17/bin/xl"
Understood = dict[str, Any]


class Xl:
    """It is unpacked into a directory, and not installed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        words = [*base.mmdebstrap("extract", [PACKAGE], root)]
        words[words.index(base.SUITE)] = SUITE
        subprocess.run(words, check=True, capture_output=True, text=True)
        for name in ("lib", "lib64"):
            if not (root / name).exists():
                (root / name).symlink_to(f"usr/{name}")
        source = Path(__file__).with_name("pretend.c")
        shared = ["-shared", "-fPIC", "-nostdlib", "-Wno-builtin-declaration-mismatch"]
        subprocess.run(["gcc", *shared, "-o", str(root / "pretend.so"), str(source)], check=True)

    def read(self, text: str) -> Understood:
        """What it says that it would create."""
        (self._root / "node.cfg").write_text(text)
        environment = {"LD_PRELOAD": "/pretend.so"}
        words = [XL, "-N", "create", "/node.cfg"]
        done = subprocess.run(words, env=environment, preexec_fn=self._enter, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found: Understood = json.loads(done.stdout)
        return found

    def _enter(self) -> None:
        os.chroot(self._root)
        os.chdir("/")
