"""A site of two CEs and two SEs, and what it must publish."""

import re
from pathlib import Path

from harness.access.shell import Shell
from harness.grid.infosites import CeId
from harness.grid.storage import gsiftp
from harness.site import Node, Role, Site
from harness.sitefile import load
from tests.unit.sites import DEFAULT, site_file

VO = "vo.example.org"
GATEKEEPER, GRIDFTP = 2119, 2811
PUBLISHED = "ask the resource BDIIs of both (`ldapsearch` at ports 2170, 2270) and the top BDII on RB"


def site_of_two(directory: Path) -> Site:
    """The default site with two CEs, two WNs and two SEs, for a VO with dots, from files in ``directory``."""
    text, changed = re.subn(r'^(\[vo\][^\[]*^name = )"\w+"', rf'\g<1>"{VO}"', DEFAULT, flags=re.MULTILINE)
    assert changed == 1, "the default site file has no name below [vo]"
    for role in (Role.CE, Role.WN, Role.SE):
        text, changed = re.subn(rf"^(\[{role}\][^\[]*^count = )\d+", r"\g<1>2", text, flags=re.MULTILINE)
        assert changed == 1, f"the default site file has no count below [{role}]"
    return load(site_file(directory, text=text))


def names(nodes: tuple[Node, ...]) -> set[str]:
    """Their public names."""
    return {node.fqdn for node in nodes}


def queues_of(site: Site, ce: Node) -> set[CeId]:
    """The queues of a CE, as the world must know them."""
    port = site.public_port(ce, GATEKEEPER)
    return {CeId(ce.fqdn, port, "jobmanager", "pbs", queue.name) for queue in site.queues}


def queues(site: Site) -> set[CeId]:
    """The queues of all CEs."""
    return {queue for ce in site.ces for queue in queues_of(site, ce)}


def url(site: Site, se: Node, path: str) -> str:
    """A file on an SE, through its public port."""
    return gsiftp(f"{se.fqdn}:{site.public_port(se, GRIDFTP)}", path)


def infosites(shell: Shell, site: Site, what: str) -> str:
    """What ``lcg-infosites`` prints of ce, se or closeSE."""
    return shell.run(f"lcg-infosites --vo {site.vo} {what}").expect_success(PUBLISHED).stdout


def with_proxy(shell: Shell, vo: str) -> Shell:
    """The same student with a VOMS proxy."""
    shell.run(f"voms-proxy-init -quiet -voms {vo}").expect_success("check UI-2 tells more")
    return shell
