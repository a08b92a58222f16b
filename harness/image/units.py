"""Enabling and masking systemd units in a layer, without a running systemd."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError

UNIT_DIRS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
INSTALL = re.compile(r"^\s*(WantedBy|RequiredBy)\s*=\s*(.+)$", re.MULTILINE)


def enable(layer: Path, unit: str, lowers: Sequence[Path]) -> None:
    """Make the links that ``systemctl enable`` would; the unit file is looked for in layer and ``lowers``."""
    for kind, target in _wanted_by(unit, [layer, *lowers]):
        link = layer / "etc/systemd/system" / f"{target}.{kind}" / unit
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(f"/usr/lib/systemd/system/{_file_name(unit)}")


def mask(layer: Path, unit: str) -> None:
    """Keep a unit from ever starting, or a generator of units from being run."""
    link = layer / "etc/systemd" / ("system-generators" if unit.endswith("-generator") else "system") / unit
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to("/dev/null")


def _file_name(unit: str) -> str:
    """``voms@gilda.service`` is an instance of the file ``voms@.service``."""
    return re.sub(r"@[^.]*\.", "@.", unit)


def _wanted_by(unit: str, roots: Sequence[Path]) -> list[tuple[str, str]]:
    for root in roots:
        for directory in UNIT_DIRS:
            path = root / directory / _file_name(unit)
            if path.is_file():
                return _install_section(unit, path)
    raise HarnessError(
        f"there is no unit {unit!r} to enable",
        why="neither a part nor the base layer has it",
        remedy="mend `units` in the part.toml that names it, or bring the unit in the part's tree/",
    )


def _install_section(unit: str, path: Path) -> list[tuple[str, str]]:
    found = [
        ("wants" if key == "WantedBy" else "requires", target)
        for key, targets in INSTALL.findall(path.read_text())
        for target in targets.split()
    ]
    if not found:
        raise HarnessError(
            f"the unit {unit!r} can't be enabled: it has no [Install]",
            where=str(path),
            remedy="give it WantedBy=multi-user.target in [Install], or take it out of `units` in part.toml",
        )
    return found
