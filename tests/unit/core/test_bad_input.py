"""Bad input for a session of checks: said once, before anything is made, and not by every check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.state import checkout


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--site={tmp}/nowhere.toml", "there is no such site file"),
        ("--site={tmp}/bad.toml", "is not valid TOML"),
        ("--box=Bad_Name", "'Bad_Name' can't be the name of a box"),
        ("--run-dir={tmp}", "is not empty and holds no earlier run"),
        ("--keep=perhaps", "invalid choice: 'perhaps'"),
    ],
)
def test_one_error(home: Path, tmp_path: Path, workers: str, option: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text("[[")
    words = [sys.executable, "-m", "pytest", "tests/acceptance", "-p", "no:cacheprovider", "-n", workers]
    words.append(option.format(tmp=tmp_path))
    done = subprocess.run(words, cwd=checkout(), capture_output=True, text=True, timeout=120)
    text = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, text
    assert text.count(said) == 1
    assert "Traceback" not in text
    assert list(home.iterdir()) == []
