"""The site that is installed under a box's name, as it stands in the installed directory now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.dom0 import kinds
from harness.errors import InputError
from harness.install import record
from harness.ledger import Ledger
from harness.site import Site
from harness.sitefile import load
from harness.state import checkout

DEFAULT = checkout() / "icebox.toml"
"""The site file that is meant where none is named."""
XEN = "xen"


def as_domains(site: Site) -> Site:
    """The site with each node a Xen domain; raises InputError for one whose dom0 is another machine."""
    if not kinds.KINDS.of(site.dom0_kind).HERE:
        raise InputError(
            "a box is installed on the machine that is its dom0",
            where=str(site.path),
            why=f"[dom0] kind is {site.dom0_kind!r}",
            remedy='run ./icebox install on that machine, with kind = "local" in its site file',
        )
    return replace(site.of_machines(XEN), by_hand=True)


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
    return as_domains(load(conf / record.SITE_FILE, ports=conf / record.PORTS))


def site_for(box: str, path: Path) -> Site:
    """What a box is started as: the site of the file ``path`` or, where none is named, as it is installed."""
    found = record.of(Ledger(box))
    if path.resolve() == DEFAULT.resolve() and found is not None and record.is_whole(found):
        return replace(site_of(box), by_hand=False)
    return load(path)
