"""One CA for the tests that only read from it: keys take time."""

from pathlib import Path

import pytest

from harness.pki.authority import Authority


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("pki") / "ca", days=7)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a CA may be made."""
    return tmp_path / "ca"
