"""A sandbox goes with whoever made it, also when that is killed."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox import HERE, PREFIX, environment

from harness import process
from harness.deadline import wait_for
from harness.dom0 import cgroup

PATIENCE = 60.0
SCRIPT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sandbox import Sandbox
from harness.dom0 import cgroup
home, token = Path(sys.argv[2]), sys.argv[3]
sandbox = Sandbox(home, image=None)
cgroup.create(token)
(home / "ledger" / "box.jsonl").write_text(token)
os.write(1, str(sandbox.init).encode())
os.kill(os.getpid(), getattr(signal, sys.argv[4]))
"""


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_a_killed_maker(image: Path, tmp_path: Path, number: str) -> None:
    token = f"icebox-{PREFIX}guard.{secrets.token_hex(8)}"
    words = [sys.executable, "-c", SCRIPT, str(HERE), str(tmp_path / "home"), token, number]
    made = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert made.returncode < 0, made.stderr
    init = int(made.stdout)
    wait_for("the sandbox to end", lambda: not process.identity(init), PATIENCE)
    wait_for("its control group to go", lambda: not cgroup.entrance(token).exists(), PATIENCE)
