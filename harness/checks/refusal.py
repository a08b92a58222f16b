"""Refusals: what each service must say to a credential that it must not take (texts: facts, errors seen)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.grid.storage import xrootd
from harness.pki.badcredentials import Flaw
from harness.services import registry
from harness.services.service import Service
from harness.site import Node, Site

CURRENT = "CRL, CA directory and VO members of that node must be current (CERT-2), its clock right (TIME-1)"
"""Where to look if a service lets in, or refuses, whom it must not."""


@dataclass(frozen=True)
class Refusing:
    """A service that must refuse: how a student turns to it, and what its refusals say."""

    name: str
    service: Service
    command: str
    """With ``{host}``, ``{vo}`` and ``{storage}`` to be filled in."""
    refusals: Mapping[Flaw, str]
    """What the student must read: regular expressions."""
    verdicts: Mapping[Flaw, str] = field(default_factory=dict)
    """What the server itself must say in a handshake (``harness.probes.handshake``)."""

    def node(self, site: Site) -> Node:
        return site.of(self.service.roles[0])[0]

    def line(self, site: Site) -> str:
        """What a student types."""
        return self.command.format(host=self.node(site).fqdn, vo=site.vo, storage=site.storage)


NOT_FOUND = r"Valid credentials could not be found|Unable to find user certificate"
MYPROXY = """sh -c '
said=$(myproxy-info -s {host} -d 2>&1); echo "$said"
case $said in *timeleft* | *"no credentials found"*) ;; *) exit 1 ;; esac'"""
"""Whoever has stored nothing is told so, and is let in nevertheless."""
REFUSING = (
    Refusing(
        "VOMS",
        registry.VOMS,
        "voms-proxy-init -quiet -voms {vo}",
        {
            Flaw.NONE: NOT_FOUND,
            Flaw.EXPIRED: "alert certificate expired",
            Flaw.REVOKED: "alert certificate revoked",
            Flaw.UNKNOWN_CA: "alert unknown ca",
            Flaw.STRANGER: "User unknown to this VO",
        },
        {
            Flaw.EXPIRED: "CERTIFICATE_EXPIRED",
            Flaw.REVOKED: "CERTIFICATE_REVOKED",
            Flaw.UNKNOWN_CA: "UNKNOWN_CA",
        },
    ),
    Refusing(
        "CE",
        registry.GATEKEEPER,
        "globusrun -a -r {host}",
        {
            Flaw.NONE: NOT_FOUND,
            Flaw.EXPIRED: "has expired",
            Flaw.REVOKED: "alert certificate revoked",
            Flaw.UNKNOWN_CA: "alert unknown ca",
            Flaw.STRANGER: "authentication with the remote server failed",
        },
        {
            Flaw.EXPIRED: "CERTIFICATE_EXPIRED",
            Flaw.REVOKED: "CERTIFICATE_REVOKED",
            Flaw.UNKNOWN_CA: "UNKNOWN_CA",
        },
    ),
    Refusing(
        "SE",
        registry.GRIDFTP,
        "edg-gridftp-ls gsiftp://{host}{storage}",
        {
            Flaw.NONE: NOT_FOUND,
            Flaw.EXPIRED: "has expired",
            Flaw.REVOKED: "certificate has been revoked",
            Flaw.UNKNOWN_CA: "Cannot find trusted CA certificate",
            Flaw.STRANGER: "530-Login incorrect",
        },
        {
            Flaw.EXPIRED: "certificate has expired",
            Flaw.REVOKED: "has been revoked",
            Flaw.UNKNOWN_CA: "Cannot find trusted CA",
        },
    ),
    # MyProxy knows no VO: what a stranger leaves there serves nobody else.
    Refusing(
        "MyProxy",
        registry.MYPROXY,
        MYPROXY,
        {
            Flaw.NONE: NOT_FOUND,
            Flaw.EXPIRED: "has expired",
            Flaw.REVOKED: "alert certificate revoked",
            Flaw.UNKNOWN_CA: "alert unknown ca",
        },
        {
            Flaw.EXPIRED: "CERTIFICATE_EXPIRED",
            Flaw.REVOKED: "CERTIFICATE_REVOKED",
            Flaw.UNKNOWN_CA: "UNKNOWN_CA",
        },
    ),
    # Its client says no more than this, and shows no expired proxy: the server is not asked about one.
    Refusing(
        "XRootD",
        registry.XROOTD,
        f"xrdfs {xrootd('{host}')} ls {{storage}}",
        dict.fromkeys((Flaw.NONE, Flaw.REVOKED, Flaw.UNKNOWN_CA, Flaw.STRANGER), "Auth failed"),
    ),
)
