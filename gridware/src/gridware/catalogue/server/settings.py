"""/etc/icebox/catalogue/catalogue.toml: the VO, who administers it, and the storage elements that sweep."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PATH = Path("/etc/icebox/catalogue/catalogue.toml")


@dataclass(frozen=True)
class Settings:
    """What a site decides."""

    vo: str
    database: Path
    admin_roles: tuple[str, ...] = ("VO-Admin", "SoftwareManager")
    """Whoever shows one of them may change every entry of the VO."""
    storage: Mapping[str, str] = field(default_factory=dict)
    """Host name of a storage element: DN of its host certificate, with which its sweeper comes."""

    @classmethod
    def load(cls, path: Path = PATH) -> Settings:
        raw = tomllib.loads(path.read_text())
        return cls(
            vo=raw["vo"],
            database=Path(raw["database"]),
            admin_roles=tuple(raw.get("admin_roles", cls.admin_roles)),
            storage=raw.get("storage", {}),
        )
