"""What runs on a machine that is a remote dom0 takes nothing but Python's own library."""

from __future__ import annotations

import json
import subprocess

import pytest

from harness.dom0 import sent
from harness.dom0.place import PYTHON
from harness.state import checkout


@pytest.mark.parametrize(("words", "said"), [({"nodes": "many"}, "bad words"), ({"nodes": 0}, "")])
def test_it_is_loaded_without_what_is_installed_here(words: dict[str, object], said: str) -> None:
    """Standard library alone: -S leaves out all packages, -I the checkout."""
    program = sent.RUN.replace('"/mnt"', repr(str(checkout())))
    done = subprocess.run(
        [PYTHON, "-I", "-S", "-B", "-c", program, "check", json.dumps(words)], capture_output=True, text=True
    )
    if said:
        assert "TypeError" in done.stderr, "and it came as far as its own words"
    else:
        answer = json.loads(done.stdout)
        assert "done" in answer or answer["error"]["bad_host"], "whatever this machine lacks for a box"
