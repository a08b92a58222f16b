"""A sandbox goes with whoever made it, also when that is killed."""

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from harness import process
from harness.deadline import wait_for
from harness.dom0 import cgroup
from tests.integration.leaks.sandbox import environment

PATIENCE = 60.0
SCRIPT = """
import os, signal, sys
from pathlib import Path
from tests.integration.leaks import sandbox
from harness.dom0 import cgroup
home, token, number, journal, sandbox.PREFIX = Path(sys.argv[1]), *sys.argv[2:]
made = sandbox.Sandbox(home, bare=True)
cgroup.create(token)
if journal == "known":
    (home / "ledger" / "box.jsonl").write_text(token)
os.write(1, str(made.init).encode())
os.kill(os.getpid(), getattr(signal, number))
"""


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("journal", ["known", "gone"])
def test_a_killed_maker(tmp_path: Path, number: str, journal: str) -> None:
    prefix = "lkg" + secrets.token_hex(2)
    token = f"icebox-{prefix}box.{secrets.token_hex(8)}"
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "home"), token, number]
    words += [journal, prefix]
    made = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert made.returncode < 0, made.stderr
    init = int(made.stdout)
    wait_for("the sandbox to end", lambda: not process.identity(init), PATIENCE)
    wait_for("its control group to go", lambda: not cgroup.entrance(token).exists(), PATIENCE)
