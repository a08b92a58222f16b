"""Programs of ours in the nodes run with our modules, whatever a student or a job has in its environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.state import checkout

BOX = checkout() / "box"
SCRIPTS = sorted(
    path
    for path in BOX.rglob("*")
    if path.is_file() and not path.suffix and path.read_bytes().startswith(b"#!/usr/bin/python3")
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_python_is_asked_to_leave_the_environment_out(script: Path) -> None:
    first = script.read_text(encoding="utf-8").splitlines()[0]
    assert first in ("#!/usr/bin/python3 -I", "#!/usr/bin/python3 -IS")


def test_a_students_modules_are_not_ours(tmp_path: Path) -> None:
    for name in ("argparse", "catalogue", "lcginfo", "os"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(77)\n")
    command = BOX / "parts/client/tree/usr/bin/lcg-info"
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "os.py")}
    done = subprocess.run([command, "--help"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode != 77
    assert "lcg-info" in done.stdout + done.stderr
