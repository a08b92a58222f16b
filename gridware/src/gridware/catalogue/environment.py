"""The environment variables that these commands obey."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gridware.catalogue.errors import DataError
from gridware.pace import longer
from gridware.tuples import NamedTuple
from gridware.x509.proxykind import outdated_file

CATALOGUE_PORT = 5010
CONNECT_SECONDS = 15.0
RETRY_SECONDS = 2.0
RETRIES = 2


class Environment(NamedTuple):
    """LFC_*, LCG_* and VO_*, with their defaults."""

    values: Mapping[str, str]

    @classmethod
    def here(cls) -> Environment:
        return cls(os.environ)

    @property
    def lfc_host(self) -> str:
        return self.values.get("LFC_HOST", "")

    @property
    def lfc_home(self) -> str:
        return self.values.get("LFC_HOME", "")

    @property
    def bdiis(self) -> str:
        return self.values.get("LCG_GFAL_INFOSYS", "")

    @property
    def catalogue_type(self) -> str:
        return self.values.get("LCG_CATALOG_TYPE", "lfc")

    @property
    def proxy(self) -> str:
        """Where the proxy is; raises DataError if there is none, or one of an old kind."""
        path = self.values.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}"
        if not os.path.isfile(path):
            raise DataError("EACCES", path, "there is no proxy; make one with voms-proxy-init")
        if why := outdated_file(path):
            raise DataError("EACCES", path, f"this proxy is not used: {why}")
        return path

    def vo(self, given: str = "") -> str:
        """The VO of --vo, else of LCG_GFAL_VO; raises DataError if neither is there."""
        vo = given or self.values.get("LCG_GFAL_VO", "")
        if not vo:
            raise DataError("EINVAL", "", "no VO: use --vo, or set LCG_GFAL_VO")
        return vo

    def default_se(self, vo: str) -> str:
        """VO_<VO>_DEFAULT_SE; empty if it is not set."""
        word = "".join(char if char.isalnum() else "_" for char in vo.upper())
        return self.values.get(f"VO_{word}_DEFAULT_SE", "")

    def seconds(self, variable: str, default: float) -> float:
        """A number of seconds; 0 and nonsense mean the default."""
        try:
            return float(self.values.get(variable, "")) or default
        except ValueError:
            return default

    @property
    def connect_seconds(self) -> float:
        return self.seconds("LFC_CONNTIMEOUT", longer(CONNECT_SECONDS))

    @property
    def retries(self) -> int:
        """How often to ask again; 0 for not at all."""
        text = self.values.get("LFC_CONRETRY", "")
        return int(text) if text.isdecimal() else RETRIES

    @property
    def retry_seconds(self) -> float:
        return self.seconds("LFC_CONRETRYINT", RETRY_SECONDS)
