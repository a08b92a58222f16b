"""What a command works with: the VO's catalogue, the information system and a GridFTP client."""

from __future__ import annotations

import sys
from functools import cached_property

from gridware.catalogue import names
from gridware.catalogue.connection import Catalogue
from gridware.catalogue.environment import Environment
from gridware.catalogue.errors import DataError
from gridware.catalogue.names import Name
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gridware.catalogue.infosys import InformationSystem
    from gridware.catalogue.transfer import Mover, Rate


class Settings(NamedTuple):
    """What the options of a command say about how it works."""

    vo: str = ""
    verbose: bool = False
    streams: int = 1
    limit: float = 0.0
    """Seconds for one operation on a storage element; 0 for any."""
    no_bdii: bool = False


class Session:
    """Made for one command; whatever it does not need is never asked."""

    def __init__(self, settings: Settings, environment: Environment | None = None) -> None:
        self.settings = settings
        self.environment = environment or Environment.here()

    @cached_property
    def vo(self) -> str:
        return self.environment.vo(self.settings.vo)

    @cached_property
    def infosys(self) -> InformationSystem:
        # Most commands need neither this nor a GridFTP client, and each takes as long to load as all else.
        from gridware.catalogue.infosys import InformationSystem

        return InformationSystem(self.environment)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue of LFC_HOST, else the one that the information system has for the VO."""
        kind = self.environment.catalogue_type
        if kind != "lfc":
            raise DataError("EPROTONOSUPPORT", f"LCG_CATALOG_TYPE={kind}", "this grid has an lfc")
        host = self.environment.lfc_host
        if not host and self.settings.no_bdii:
            raise DataError("EINVAL", "", "LFC_HOST is not set")
        return Catalogue(host or self.infosys.catalogue(self.vo), self.environment)

    @cached_property
    def mover(self) -> Mover:
        return self.new_mover()

    def new_mover(self) -> Mover:
        """A client of its own, for cleaning up after one that was stopped."""
        from gridware.catalogue.transfer import Mover

        self.environment.proxy  # noqa: B018  without one Globus would ask for a pass phrase
        return Mover(self.settings.streams, self.settings.limit)

    def name(self, text: str) -> Name:
        return names.parse(text, self.environment.lfc_home)

    def file_or_name(self, text: str) -> Name:
        """The same of a word that is a local path if it says nothing else."""
        return self.name(text if ":" in text else f"file:{text}")

    def turl(self, surl: str) -> str:
        """Where GridFTP finds a SURL."""
        port = names.GRIDFTP_PORT if self.settings.no_bdii else self.infosys.port(names.host_of(surl))
        return names.turl(surl, port)

    def file(self, name: Name) -> dict[str, object]:
        """What the catalogue knows about a file."""
        return self.catalogue.ask("file", file=name.text)

    def say(self, text: str) -> None:
        """A line of -v; on standard error, so that standard output holds the answer and nothing else."""
        if self.settings.verbose:
            print(text, file=sys.stderr, flush=True)

    def say_catalogue(self) -> None:
        self.say("Using grid catalog type: lfc")
        self.say(f"Using grid catalog : {self.catalogue.host}")

    def say_rate(self, rate: Rate) -> None:
        speed = rate.bytes / 1024 / rate.seconds if rate.seconds else 0.0
        self.say(f"{rate.bytes:>13} bytes {speed:>9.2f} KB/sec avg {speed:>9.2f} KB/sec inst")
        self.say(f"Transfer took {rate.seconds * 1000:.0f} ms")

    def say_settings(self) -> None:
        self.say(f"# streams: {self.settings.streams}")
        self.say(f"# set timeout to {self.settings.limit:.0f} seconds")


def warn(text: str) -> None:
    print(text, file=sys.stderr)
