"""Access lists (acl(5)) as the kernel keeps them, for file systems that have any."""

import os
import struct
from pathlib import Path

import pytest


def keeps_out(path: Path, account: int = 12345) -> None:
    """Let everyone in but this account; the test is skipped where a file system has no access lists."""
    entries = [(1, 7, -1), (2, 0, account), (4, 5, -1), (16, 5, -1), (32, 5, -1)]
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *each) for each in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", listed)
    except OSError as error:
        pytest.skip(f"this file system has no access lists: {error}")
