"""Programs in Python are gridware's; box/ configures, and neither knows the harness."""

import re

from harness.image import wheel
from harness.state import checkout

IMPORT = re.compile(r"^\s*(?:from|import) ((?:harness|fixtures|tests|box)\b.*)", re.MULTILINE)


def test_no_python_in_box() -> None:
    files = [path for path in (checkout() / "box").rglob("*") if path.is_file()]
    assert [
        path for path in files if path.suffix == ".py" or b"python" in path.read_bytes().partition(b"\n")[0]
    ] == []


def test_gridware_stands_alone() -> None:
    modules = sorted((wheel.source() / "src").rglob("*.py"))
    assert len(modules) > 100
    assert [(path, found) for path in modules for found in IMPORT.findall(path.read_text())] == []
