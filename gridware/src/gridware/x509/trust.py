"""Whom a client of a grid service trusts: the CAs of a directory in the IGTF's layout, and their CRLs."""

from __future__ import annotations

import os

from gridware import tls

CERTIFICATES = "/etc/grid-security/certificates"


def load(context: tls.Context, directory: str = CERTIFICATES) -> None:
    """Have a context trust these CAs; of those with a CRL there, nobody whom it has revoked."""
    context.load_verify_locations(capath=directory)
    if os.path.isdir(directory) and any(name.endswith(".r0") for name in os.listdir(directory)):
        context.verify_flags |= tls.CRL_CHECK_CHAIN
