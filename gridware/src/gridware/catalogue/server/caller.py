"""Who asks: a member by DN and FQANs as mod_gridsite found them in the proxy, or a storage element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from gridware.catalogue.server.errors import NoAccessError
from gridware.catalogue.server.settings import Settings

_EMPTY = ("/Capability=NULL", "/Role=NULL")


@dataclass(frozen=True)
class Caller:
    """A DN with its groups (``gilda``, ``gilda/Role=SoftwareManager``), the leading one first."""

    dn: str
    groups: tuple[str, ...] = ()
    admin: bool = False
    storage: str = ""
    """Host name, if this is the sweeper of a storage element."""

    @property
    def group(self) -> str:
        """The group that owns what the caller makes: the VO, whatever role is shown."""
        return self.groups[0].partition("/Role=")[0] if self.groups else ""


def of_request(environ: Mapping[str, Any], settings: Settings) -> Caller:
    """The caller of a WSGI request; raises NoAccessError for anyone but members and known storage elements.

    mod_gridsite numbers what it trusts GRST_CONN_AURI_<n>: first the DN of the certificate that all
    proxies stem from, then those of the proxies, then the FQANs in the order of the attribute certificate.
    """
    identities = list(_identities(environ))
    dn = next((value for kind, value in identities if kind == "dn"), "")
    if not dn:
        raise NoAccessError("no client certificate")
    groups = tuple(_group(value) for kind, value in identities if kind == "fqan")
    mine = tuple(group for group in groups if group.split("/")[0] == settings.vo)
    if mine:
        admins = {f"{settings.vo}/Role={role}" for role in settings.admin_roles}
        return Caller(dn, mine, admin=not admins.isdisjoint(mine))
    for host, host_dn in settings.storage.items():
        if dn == host_dn:
            return Caller(dn, storage=host)
    if groups:
        raise NoAccessError(f"this catalogue serves the VO {settings.vo}, not {groups[0].split('/')[0]}")
    raise NoAccessError(
        f"the proxy has no valid attributes of the VO {settings.vo};"
        f" make one with voms-proxy-init -voms {settings.vo}"
    )


def _identities(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    number = 0
    while (value := environ.get(f"GRST_CONN_AURI_{number}")) is not None:
        kind, _, text = value.partition(":")
        yield kind, unquote_plus(text)
        number += 1


def _group(fqan: str) -> str:
    """``/gilda/Role=NULL/Capability=NULL`` is the group ``gilda``."""
    for ending in _EMPTY:
        fqan = fqan.removesuffix(ending)
    return fqan.lstrip("/")
