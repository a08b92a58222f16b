"""What the information system says: where the catalogue is, and a VO's area on a storage element."""

from __future__ import annotations

from functools import cached_property

from gridware.bdii import elements
from gridware.bdii.server import Bdii, BdiiError, addresses_of, literal
from gridware.catalogue.environment import Environment
from gridware.catalogue.errors import DataError
from gridware.catalogue.names import GRIDFTP_PORT
from gridware.ldif import Entry


class InformationSystem:
    """The BDII of LCG_GFAL_INFOSYS, asked for no more than is needed."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._ports: dict[str, int] = {}

    def catalogue(self, vo: str) -> str:
        """Host of the VO's catalogue."""
        entries = self._search(
            "(&(objectClass=GlueService)(GlueServiceType=lcg-file-catalog)"
            f"(|(GlueServiceAccessControlBaseRule=VO:{literal(vo)})(GlueServiceAccessControlRule={literal(vo)})))",
            "GlueServiceURI",
        )
        found = [entry.one("GlueServiceURI") for entry in entries]
        if not found:
            raise DataError(
                "EINVAL", vo, "the information system knows no catalogue of this VO; set LFC_HOST"
            )
        return found[0]

    def area(self, se: str, vo: str) -> str:
        """Directory of the VO on a storage element."""
        entries = self._search(
            f"(&(objectClass=GlueSA)(GlueChunkKey=GlueSEUniqueID={literal(se)})"
            f"(|(GlueSAAccessControlBaseRule={literal(vo)})(GlueSAAccessControlBaseRule=VO:{literal(vo)})))",
            "GlueSAPath",
        )
        paths = [entry.one("GlueSAPath") for entry in entries if entry.one("GlueSAPath")]
        if not paths:
            self._check_known(se)
            raise DataError("EINVAL", se, f"No GlueVOInfo/SA found for the {vo} VO")
        return paths[0]

    def port(self, se: str) -> int:
        """Port of a storage element's GridFTP server; the usual one if nothing is published."""
        if se not in self._ports:
            entries = self._search(
                f"(&(objectClass=GlueSEAccessProtocol)(GlueChunkKey=GlueSEUniqueID={literal(se)})"
                "(GlueSEAccessProtocolType=gsiftp))",
                "GlueSEAccessProtocolPort",
            )
            numbers = [entry.number("GlueSEAccessProtocolPort") for entry in entries]
            self._ports[se] = next((number for number in numbers if number), GRIDFTP_PORT)
        return self._ports[se]

    def _check_known(self, se: str) -> None:
        if not self._search(f"(&(objectClass=GlueSE)(GlueSEUniqueID={literal(se)}))", "GlueSEUniqueID"):
            raise DataError("EINVAL", se, "unknown SE", hint=elements.hint(se, self.environment.bdiis))

    @cached_property
    def _bdii(self) -> Bdii:
        addresses = addresses_of(self.environment.bdiis)
        if not addresses:
            raise DataError("EINVAL", "", "LCG_GFAL_INFOSYS is not set")
        return Bdii(addresses)

    def _search(self, query: str, attribute: str) -> list[Entry]:
        try:
            return self._bdii.search(query, [attribute])
        except BdiiError as error:
            raise DataError("ETIMEDOUT", "", f"BDII Connection Timeout: {error}") from None
