"""``icebox test`` that is ended: tox hears of it, whatever the signal, and gets its time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.state import checkout

PATIENCE = 60.0
TOX = """import os, signal, sys, time
def end(*_):
    print("interrupted", flush=True)
    time.sleep(0.5)  # longer than subprocess.run would wait
    print("tidied up", flush=True)
    sys.exit(7)
signal.signal(signal.SIGINT, end) if signal.getsignal(signal.SIGINT) != signal.SIG_IGN else None
open("began", "w").close()
signal.pause()
"""
CODE = """
from harness import interrupt
from harness.setup import testing
interrupt.as_keyboard()
testing.shutil.rmtree = lambda *_, **__: None
testing.command = lambda *_: [testing.sys.executable, "tox.py"]
raise SystemExit(testing.run([]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("behind", [False, True], ids=["", "in the background"])
def test_what_ends_it_ends_tox_in_order(tmp_path: Path, number: signal.Signals, behind: bool) -> None:
    (tmp_path / "tox.py").write_text(TOX)
    words = [sys.executable, "-c", CODE]
    if behind:  # as a shell's &
        words = ["env", "--ignore-signal=INT", *words]
    with (tmp_path / "said").open("w") as said:
        child = subprocess.Popen(
            words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(checkout())}, stdout=said
        )
    try:
        wait_for("tox to begin", (tmp_path / "began").exists, PATIENCE)
        child.send_signal(number)
        code = child.wait(PATIENCE)
    finally:
        child.kill()
        child.wait()
    assert code == (-number if number == signal.SIGKILL else 7)
    wait_for("tox to end", lambda: "tidied up" in (tmp_path / "said").read_text(), PATIENCE)
