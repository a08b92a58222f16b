"""How long a node's systemd lets a service start: not shorter than a bring-up waits for it."""

import configparser
from pathlib import Path

import pytest

from harness.box.ready import READY
from harness.setup.machine import CHECKOUT

PARTS = CHECKOUT / "box/parts"
MANAGER = PARTS / "node/tree/etc/systemd/system.conf.d/icebox.conf"
UNITS = sorted(PARTS.glob("*/tree/etc/systemd/system/**/*.service")) + sorted(
    PARTS.glob("*/tree/etc/systemd/system/*.d/*.conf")
)


def _limit(path: Path, section: str, key: str) -> float | None:
    """Seconds; None if the file sets none."""
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    value = unit.get(section, key, fallback=None)
    return None if value is None else float(value.removesuffix("s"))


def test_by_default() -> None:
    limit = _limit(MANAGER, "Manager", "DefaultTimeoutStartSec")
    assert limit is not None
    assert limit > READY


@pytest.mark.parametrize("path", UNITS, ids=lambda path: str(path.relative_to(PARTS)))
def test_of_a_unit(path: Path) -> None:
    limit = _limit(path, "Service", "TimeoutStartSec")
    assert limit is None or limit > READY
