"""Sites for tests of the network and of DNS: the default box with a port table of choice."""

from dataclasses import replace

from harness.site import Site
from harness.site.ports import PortTable
from tests.unit.sites import SITE

DOMAIN = SITE.domain
PUBLIC = SITE.public_address
BRIDGE = SITE.bridge


def make_site(ports: PortTable | None = None) -> Site:
    """The default site; ``ports`` instead of its own port table."""
    return SITE if ports is None else replace(SITE, ports=ports)
