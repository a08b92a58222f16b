"""Bringing a site up: layers, dom0, nodes, names, in that order, until every service answers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.box import mounts, outside, teardown
from harness.box.box import Box
from harness.box.content import Content
from harness.box.files import BoxFiles
from harness.box.ready import wait_until_ready
from harness.console import Console
from harness.dom0 import embedded, process, uplink
from harness.errors import HostError, InputError
from harness.image import accounts, build
from harness.image.base import Base
from harness.image.build import Image
from harness.ledger import Ledger
from harness.network import nftables
from harness.site import Node, Role, Site
from harness.state import checked_name
from harness.virt import daemon


@dataclass(frozen=True)
class Request:
    """What to bring up: a site under a name; an ``ephemeral`` box dies with this process."""

    site: Site
    name: str
    ephemeral: bool = False


def start(request: Request, console: Console) -> Box:
    """Bring the box up and return it ready; on any failure nothing of it is left running."""
    check_host()
    name = checked_name(request.name)
    ledger = Ledger(name)
    teardown.clean(console)
    image = build.ensure(console)
    with ledger.locked():
        _refuse_if_up(name, ledger)
        files = BoxFiles(name)
        try:
            box = _start(request, files, ledger, image, console)
        except BaseException:
            ledger.replay(teardown.UNDO, None if request.ephemeral else teardown.RUNNING)
            raise
    return box


def check_host() -> None:
    """Raises HostError unless this process may make namespaces."""
    if os.geteuid() != 0:
        raise HostError(
            "a box needs root: it makes namespaces, mounts and control groups",
            where="this user",
            remedy="run it as root, or with sudo",
        )


def _refuse_if_up(name: str, ledger: Ledger) -> None:
    if embedded.is_up(name, ledger):
        raise InputError(
            f"a box named {name!r} is already up",
            where="--box",
            remedy=f"use it (./icebox status --box {name}), stop it, or choose another name",
        )


def _start(request: Request, files: BoxFiles, ledger: Ledger, image: Image, console: Console) -> Box:
    site = request.site
    if request.ephemeral:
        ledger.intend("owner", str(os.getpid()), started=process.started(os.getpid()))
    ledger.intend("data", str(files.top))
    with console.stage("certificates and layers", "layers"):
        _lay_files(site, files, image)
    with console.stage("dom0", "dom0"):
        dom0 = embedded.start(files.box, ledger, mounts.script(site, files, image.base, image.roles))
        daemon.start(dom0)
        uplink.lay(dom0, site.bridge, site.public_address)
        rules = nftables.render(site, uplink=uplink.DEVICE, resolver=uplink.NAME_SERVER)
        dom0.place.run(["nft", "-f", "-"], stdin=rules).check()
    box = Box(site, dom0, files, ledger)
    with console.stage("outside and names", "names"):
        outside.start(box)
    with console.stage(f"{len(site.nodes)} nodes", "nodes"):
        start_nodes(box, site.nodes)
    return box


def start_nodes(box: Box, nodes: tuple[Node, ...]) -> None:
    """Start nodes side by side and wait until all their services answer."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(box.create_node, nodes))
    wait_until_ready(box, nodes)


def _lay_files(site: Site, files: BoxFiles, image: Image) -> None:
    files.top.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.top.chmod(0o711)
    files.keep_site(site)
    files.keep_address(site.public_address)
    mounts.prepare(site, files)
    _make_homes(site, files, image.base)
    content = Content(site, files, image.base, image.roles)
    content.build(content.issue())


def _make_homes(site: Site, files: BoxFiles, base: Base) -> None:
    """Homes of the pool accounts, shared by CE and WNs."""
    for home in accounts.add(accounts.texts_of(base.root), site, Role.CE.value).homes:
        path = files.homes / Path(home.path).name
        path.mkdir(exist_ok=True, mode=home.mode)
        os.chown(path, home.uid, home.gid)
