"""All that is handed out of one box."""

from __future__ import annotations

from harness.box.box import Box
from harness.dns.kinds import KINDS
from harness.handout.page import FORMATS
from harness.handout.sheet import HOSTS, Naming, Sheet
from harness.site import Site


def of(box: Box, form: str) -> dict[str, bytes]:
    """The files by their places: a page with all sheets, and a folder for each student."""
    sheets, make = sheets_of(box), FORMATS[form]
    found = {f"all.{form}": make(sheets)}
    if sheets[0].naming is not Naming.DNS:
        found[HOSTS] = sheets[0].hosts.encode()
    for sheet in sheets:
        login = sheet.student.login
        key = box.secrets.ssh_key(login).path.read_bytes()
        found |= {f"{login}/{name}": content for name, content in sheet.files(key)}
        found[f"{login}/{login}.{form}"] = make([sheet])
    return found


def sheets_of(box: Box) -> list[Sheet]:
    """A sheet for each student of a box."""
    key = box.secrets.ssh_key(f"host-{box.site.ui.name}").public
    naming = naming_of(box.site)
    return [Sheet(box.site, box.public_address, each, key, naming) for each in box.site.students]


def naming_of(site: Site) -> Naming:
    """Laptops hear of what a name server outside of the box has."""
    if KINDS.of(site.dns.provider).is_told_outside(site.dns):
        return Naming.DNS
    return Naming.RESOLVER if site.serves_names else Naming.HOSTS
