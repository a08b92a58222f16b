"""The site that is installed under a box's name, as it stands in the installed directory now."""

from __future__ import annotations

from pathlib import Path

from harness.errors import InputError
from harness.install import directory, record
from harness.install.installation import as_domains
from harness.ledger import Ledger
from harness.site import Site
from harness.sitefile import load


def site_of(box: str) -> Site:
    """The site that is installed under a box's name, with its port table as it stands there now."""
    found = record.of(Ledger(box))
    if found is None or not record.is_whole(found):
        raise InputError(
            f"the box {box!r} is not installed",
            where="--box",
            remedy=f"./icebox install --files DIR --box {box}",
        )
    conf = Path(found.key) / "conf"
    return as_domains(load(conf / directory.SITE_FILE, ports=conf / directory.PORTS))
