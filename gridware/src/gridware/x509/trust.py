"""Whom a client of a grid service trusts: the CAs of a directory in the IGTF's layout, and their CRLs."""

from __future__ import annotations

import os

from gridware import tls

CERTIFICATES = "/etc/grid-security/certificates"


def load(context: tls.Context) -> None:
    """Have a context trust the CAs of X509_CERT_DIR, as Globus does, or of the usual directory.

    Of those with a CRL there, nobody is trusted whom it has revoked.
    """
    directory = os.environ.get("X509_CERT_DIR", CERTIFICATES)
    context.load_verify_locations(capath=directory)
    if os.path.isdir(directory) and any(name.endswith(".r0") for name in os.listdir(directory)):
        context.verify_flags |= tls.CRL_CHECK_CHAIN
