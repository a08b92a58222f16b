"""Asks the VO's catalogue where files lie, as the holder of a proxy, by the catalogue's own client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gridware.catalogue.environment import Environment
from gridware.catalogue.errors import CatalogueSilentError, DataError
from gridware.catalogue.session import Session, Settings
from gridware.wms.data import Data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ReplicaError(Exception):
    """A file that the catalogue does not know, or does not show to this person; the text is for people."""


class CatalogueAwayError(ReplicaError):
    """There was no answer: it may come later."""


def find(names: Iterable[str], vo: str, environment: Mapping[str, str]) -> Data:
    """The replicas of files (``lfn:…``, ``guid:…``); raises ReplicaError for the first that has none.

    ``environment`` has X509_USER_PROXY, and LCG_GFAL_INFOSYS or LFC_HOST, as for the lcg-* commands.
    """
    session = Session(Settings(vo=vo), Environment(environment))
    try:
        # That no catalogue is published may be news of a BDII that has just started.
        catalogue = session.catalogue
    except DataError as error:
        raise CatalogueAwayError(str(error)) from None
    try:
        return Data({name: _replicas(session, name) for name in names})
    finally:
        catalogue.close()


def _replicas(session: Session, name: str) -> tuple[str, ...]:
    try:
        surls: Any = session.file(session.name(name))["surls"]
        found: tuple[str, ...] = tuple(surls)
    except CatalogueSilentError as error:
        raise CatalogueAwayError(str(error)) from None
    except DataError as error:
        # The catalogue names a file by its path; anything else it names is worth reading, too.
        about = "" if name.endswith(error.subject) else error.subject
        parts = (name, about, error.text, error.reason)
        raise ReplicaError(": ".join(part for part in parts if part)) from None
    if not found:
        raise ReplicaError(f"{name} has no replica")
    return found
