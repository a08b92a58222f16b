"""The broker's settings: /etc/icebox/wms.toml, made for the site."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from gridware.wms import wire

FILE = "/etc/icebox/wms.toml"


@dataclass(frozen=True)
class Settings:
    """Times are seconds."""

    host: str
    """RB's public name."""
    port: int
    """Of the public address, in every job id: what leads to this broker's bookkeeping."""
    vo: str
    bdii: tuple[str, ...]
    pool: tuple[str, ...]
    """Accounts that members are mapped to, one each."""
    wmproxy: int = wire.WMPROXY
    """Of the public address: what leads to this broker's WMProxy."""
    ce_patience: float = 900
    """How long a CE may not answer before its jobs are given up."""
    match_patience: float = 300
    """How long a job waits while the information system knows no resource at all."""
    match_pause: float = 30
    """Between two tries to match a job that no CE fits; gLite's MatchRetryPeriod, for a grid of few jobs."""
    start_patience: float = 86400
    """How long a job may stay registered without being started."""
    retry_pause: float = 10
    proxy_margin: float = 900
    """A job whose proxy can be renewed is not sent with less left on it: GRAM takes none of a few minutes."""
    renew_before: float = 1800
    """A proxy is renewed when this much is left of it."""
    max_retries: int = 10
    sandbox_days: float = 7
    """How long an output waits to be fetched."""

    @property
    def endpoint(self) -> str:
        """Where users hand jobs in."""
        return wire.wmproxy(self.host, self.wmproxy)


def load(path: str = FILE) -> Settings:
    with open(path, "rb") as file:
        raw = tomllib.load(file)
    return Settings(**{**raw, "bdii": tuple(raw["bdii"]), "pool": tuple(raw["pool"])})
