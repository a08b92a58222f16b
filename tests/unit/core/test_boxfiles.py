"""The directory of a box is its own and root's."""

import os
from pathlib import Path

import pytest

from harness.box.files import BoxFiles


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_no_other_account_of_the_host_gets_in(home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        (home / "boxes").mkdir(mode=0o755)
        files = BoxFiles("school")
        files.top.mkdir(mode=0o711)  # as an earlier icebox made it
        files.make()
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (home / "boxes", files.top)] == [0o700, 0o700]
