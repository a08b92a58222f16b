"""What login shells on nodes read first: paths and prompts as Debian's has them, without a program for it."""

import os
import subprocess

import pytest

from harness.state import checkout

PROFILE = checkout() / "box/parts/node/tree/etc/profile"
ROOT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OTHERS = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"


def told(*shell: str) -> str:
    """The path of a shell that has read it, where there is no profile.d."""
    text = PROFILE.read_text().replace("/etc/profile.d", "/nowhere")
    words = [*shell, "-c", f'{text}\necho "$PATH ${{i-}}"']
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("shell", ["/bin/dash", "/bin/bash"])
def test_root_has_roots_path(shell: str) -> None:
    assert told(shell) == (ROOT if os.geteuid() == 0 else OTHERS)


@pytest.mark.root
def test_others_have_theirs() -> None:
    assert told("setpriv", "--reuid=65534", "--clear-groups", "/bin/dash") == OTHERS


def test_it_starts_no_program() -> None:
    text = PROFILE.read_text()
    assert "$(" not in text
    assert "`" not in text
