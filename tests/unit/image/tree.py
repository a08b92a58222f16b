"""Files for the tests of images."""

import textwrap
from pathlib import Path

Asked = dict[str, tuple[int, int]]
"""Owners that were asked for, by file name."""
PASSWD = "root:x:0:0:root:/root:/bin/sh\nvoms:x:103:104::/:/bin/false\n"
GROUP = "root:x:0:\nvoms:x:104:\n"


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    path.chmod(mode)
    return path
