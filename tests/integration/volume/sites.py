"""Sites with a volume."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.site import Site
from harness.sitefile import load
from harness.state import checkout


def site_of(directory: Path, gigabytes: int, person: int = 0) -> Site:
    shutil.copy(checkout() / "gridbox-ports.cfg", directory)
    text = (checkout() / "icebox.toml").read_text()
    (directory / "icebox.toml").write_text(f"{text}\n[disk]\ngigabytes = {gigabytes}\nperson = {person}\n")
    return load(directory / "icebox.toml")
