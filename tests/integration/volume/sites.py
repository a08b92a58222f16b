"""Sites with a volume."""

from pathlib import Path

from harness.site import Site
from harness.sitefile import load
from tests.unit.sites import DEFAULT, site_file


def site_of(directory: Path, gigabytes: int, person: int = 0) -> Site:
    disk = f"\n[disk]\ngigabytes = {gigabytes}\nperson = {person}\n"
    return load(site_file(directory, text=DEFAULT + disk))
