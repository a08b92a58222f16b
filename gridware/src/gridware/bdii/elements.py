"""Which storage elements there are: what somebody reads who took another host for one."""

from __future__ import annotations

import os

from gridware.bdii.server import Bdii, BdiiError, addresses_of


def hint(host: str, bdiis: str = "") -> str:
    """That ``host`` is no storage element, and which ones are; empty if it is one, or if nobody knows.

    ``bdiis`` is a list like that of LCG_GFAL_INFOSYS, which is used if there is none.
    """
    try:
        entries = Bdii(addresses_of(bdiis or os.environ.get("LCG_GFAL_INFOSYS", ""))).search(
            "(objectClass=GlueSE)", ["GlueSEUniqueID"]
        )
    except BdiiError:
        return ""
    known = sorted({entry.one("GlueSEUniqueID") for entry in entries} - {""})
    if not known or host.lower() in map(str.lower, known):
        return ""
    are = "the SE is" if len(known) == 1 else "SEs are"
    return f"{host} is no storage element (SE); {are} {', '.join(known)}"
