"""Dot files are students' own: what is typed as root must not wait for one that never ends."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.diagnosis.facts.programs import OTHERS


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """Those of two students, and programs that stand for becoming one of them."""
    for name in ("ann", "ben"):
        (tmp_path / "home" / name).mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for name in ("setpriv", "getent", "id"):
        path = tmp_path / "bin" / name
        path.write_text("#!/bin/sh\necho asked\n")
        path.chmod(0o755)
    return tmp_path / "home"


def said(homes: Path) -> str:
    line = OTHERS.format(logins="ann ben", dots=".profile", line="true").replace("/home/", f"{homes}/")
    path = f"{homes.parent}/bin:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, timeout=30, env={"PATH": path, "PATIENCE": "9"}
    )
    return done.stdout


def test_whoever_has_what_all_have_is_not_asked(homes: Path) -> None:
    (homes / "ann/.profile").write_bytes(Path("/etc/skel/.profile").read_bytes())
    assert said(homes) == ""


def test_one_that_is_another_is_tried(homes: Path) -> None:
    (homes / "ben/.profile").write_text("PATH=/nowhere\n")
    assert said(homes) == "= ben\nasked\n"


def test_one_that_nobody_ever_writes_to_is_tried_with_a_limit(homes: Path) -> None:
    os.mkfifo(homes / "ann/.profile")
    assert said(homes) == "= ann\nasked\n"
