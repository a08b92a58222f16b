"""show: a node as its hypervisor is told of it."""

from __future__ import annotations

import argparse

from harness.box import disks
from harness.box.files import BoxFiles
from harness.commands.login import NODE_HELP
from harness.commands.options import console_for, node_in
from harness.commands.words import add_box, add_site
from harness.dom0 import driveset
from harness.dom0.disk import DISKS
from harness.errors import ExitCode, InputError
from harness.site import Node, Site
from harness.sitefile import load
from harness.state import checked_name
from harness.virt import originals
from harness.virt.domain import Domain
from harness.virt.domains import Domains
from harness.virt.guests import Guests
from harness.virt.kinds import KINDS

XEN = "xen"
"""The hypervisor that the original's form is for."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``show`` on the command line."""
    show = commands.add_parser(
        "show",
        help="print a node's configuration for its hypervisor",
        description="Prints what the hypervisor is told of a node: libvirt's XML, or the original's form, "
        "which xl create takes. No box need be up, and nothing is made.",
    )
    show.add_argument("node", metavar="NODE", help=NODE_HELP)
    form = show.add_mutually_exclusive_group()
    form.add_argument("--xml", action="store_true", help="libvirt's domain XML (default)")
    form.add_argument("--xm", action="store_true", help="the original's form, of a Xen domain")
    show.add_argument(
        "--hypervisor",
        choices=KINDS.names(),
        help="as a node of this kind (default: what the site file says; of --xm: xen)",
    )
    add_box(show)
    add_site(show)
    show.set_defaults(run=run_show)


def run_show(options: argparse.Namespace) -> int:
    """Print a node's configuration."""
    site = load(options.site)
    node = node_in(site, options.node, str(site.path))
    name = options.hypervisor or (XEN if options.xm else node.hypervisor)
    kind = KINDS.of(name)
    if not issubclass(kind, Domains):
        raise InputError(f"machines of the kind {name} are no domains of libvirt's", where="--hypervisor")
    domain = _domain(site, checked_name(options.box), node, kind)
    if not options.xm:
        console_for(options).result(kind.xml(domain).rstrip())
    elif name == XEN:
        console_for(options).result(KINDS.of(XEN).xm(domain).rstrip())  # type: ignore[attr-defined]
    else:
        raise InputError(
            f"there is no such form of a node whose hypervisor is {name}",
            where="--xm",
            why="xl(1) starts Xen domains only",
        )
    return ExitCode.GO


def _domain(site: Site, box: str, node: Node, kind: type[Domains]) -> Domain:
    if not issubclass(kind, Guests):
        return Domain(box, node, site.bridge, f"{DISKS}/{node.name}")
    directory, shelf = str(BoxFiles(box).drives(node.name)), disks.shelf(site, box)
    names = originals.drives(node)
    placed = {drive: str(shelf.path(names[drive])) for drive in driveset.sizes()} if shelf else {}
    blocks, elsewhere = (placed, {}) if site.disk_group else ({}, placed)
    homes = kind.home(node, directory)
    return Domain(box, node, site.bridge, directory, homes=homes, blocks=blocks, elsewhere=elsewhere)
