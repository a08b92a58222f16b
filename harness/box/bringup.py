"""Bringing a site up: dom0, layers, network, names, nodes, in that order, until every service answers."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness import umask
from harness.box import disks, evidence, host, numbers, outside, room, shares, teardown, volume
from harness.box.box import Box
from harness.box.content import Content, new_keys
from harness.box.files import BoxFiles
from harness.box.ready import wait_until_ready
from harness.console import Console
from harness.deadline import begun, side_by_side
from harness.dom0 import kinds
from harness.dom0.dom0 import Dom0
from harness.dom0.identities import Identities
from harness.dom0.standing import is_up
from harness.errors import HarnessError, HostError, IceboxError, InputError
from harness.faults import standing
from harness.image import accounts, build
from harness.image.accounts import Numbers
from harness.image.base import Base
from harness.image.build import Image
from harness.ledger import LaterLedgerError, Ledger, LedgerError, boxes
from harness.pki.keys import KeyPool
from harness.site import Node, Role, Site
from harness.state import checked_name
from harness.virt import fleet, homes


@dataclass(frozen=True)
class Request:
    """What to bring up: a site under a name; an ``ephemeral`` box dies with this process.

    Whoever sets ``cancelled``, from another thread, has ``start`` end as soon as it can.
    """

    site: Site
    name: str
    ephemeral: bool = False
    evidence: Path | None = None
    """Directory for the logs of a box that does not come up."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    caller: str = ""
    """The process for which this one brings it up, if not for itself (``process.signature``)."""
    trusted: bool = False
    """Whether it may be opened to others although walls to its host are missing."""

    def go_on(self) -> None:
        """Raises CancelledError if nobody waits for the box any more."""
        if self.cancelled.is_set():
            raise CancelledError("nobody waits for the box any more", where=f"box {self.name}")


class CancelledError(HarnessError):
    """Bringing the box up was given up before it was ready."""


def start(request: Request, console: Console) -> Box:
    """Bring the box up and return it ready; on any failure nothing of it is left running."""
    umask.ours()
    name = checked_name(request.name)
    host.check(len(request.site.nodes), request.site)
    if not request.trusted:
        host.check_walls(request.site)
    volume.check(request.site, BoxFiles(name))
    shares.check(request.site)
    ledger = Ledger(name)
    refuse_if_up(name, ledger)
    _clean_others(console)
    disks.check(request.site, name)
    with KeyPool(new_keys(request.site, BoxFiles(name))) as supply:
        image = build.ensure(console, as_drives=disks.needs_drives(request.site))
        accounts.check_names(accounts.texts_of(image.base.root), request.site)
        with ledger.locked(teardown.PATIENCE):
            refuse_if_up(name, ledger)
            _undo_before(ledger)
            try:
                with host.out_of_space():
                    return _start(request, ledger, image, supply, console)
            except BaseException:
                _undo(ledger, console)
                raise


def _undo_before(ledger: Ledger) -> None:
    """Remove what is left of the box's last run; names are no obstacle, since they will be published anew."""
    try:
        teardown.undo_run(ledger)
    except LedgerError as error:
        if not teardown.names_alone(error):
            raise


def _undo(ledger: Ledger, console: Console) -> None:
    """Remove what was made; what resists is said, and does not hide why the box did not come up."""
    try:
        teardown.undo_run(ledger)
    except LedgerError as error:
        console.error(error)


def _clean_others(console: Console) -> None:
    """Remove what dead boxes left; what resists is said and is no reason not to start."""
    try:
        teardown.clean(console)
    except (LedgerError, LaterLedgerError) as error:
        console.warn(str(error))
    for name in boxes():
        if words := teardown.tidying(name):
            console.note(f"The box {name!r}: {words}.")


def refuse_if_up(name: str, ledger: Ledger) -> None:
    """Raises InputError for a box that is up, or being brought up or taken down."""
    owner = teardown.live_owner(ledger)
    if owner and owner != os.getpid():
        why = teardown.tidying(name) or f"process {owner} brings it up, checks it or takes it down"
    elif not teardown.is_dead(name) and is_up(name, ledger):
        why = ""
    else:
        return
    raise InputError(
        f"a box named {name!r} is already up",
        where="--box",
        why=why,
        remedy=f"use it (./icebox status --box {name}), stop it, or choose another name",
    )


def _start(request: Request, ledger: Ledger, image: Image, supply: KeyPool, console: Console) -> Box:
    site, files = kinds.KINDS.of(request.site.dom0_kind).placed(request.site), BoxFiles(request.name)
    refuse_stranger(files, ledger)
    teardown.own(ledger, request.caller)
    box_numbers = numbers.claim(ledger)
    ledger.intend("data", str(files.top))
    files.make()
    volume.attach(site, files, ledger)
    shares.give(site, files, box_numbers)
    with console.stage("dom0", "dom0"):
        dom0 = raise_dom0(site, files, ledger)
    request.go_on()
    with console.stage("certificates and layers", "layers"):
        _note_image(files, image, console)
        disks.prepare(site, files)
        pace = begun(lambda: dom0.pace, "pace of the dom0")  # while keys and certificates are made
        _make_homes(site, files, image.base, box_numbers)
        lay_layers(site, files, image, supply, box_numbers, pace)
        disks.lay(site, files, image)
    request.go_on()
    with console.stage("network", "network"):
        box = Box(site, set_up(dom0, site, files, image, ledger), files, ledger)
    _tell_of_walls(request, box, console)
    request.go_on()
    with evidence.kept_of_failure(box, request.evidence, console):
        with console.stage("outside and names", "names"):
            outside.start(box)
        with console.stage(f"{len(site.nodes)} nodes", "nodes"):
            start_nodes(box, site.nodes, request.go_on, lambda: _mend_left(box, console))
    if not request.ephemeral:
        teardown.keep(ledger)
        with contextlib.suppress(IceboxError, OSError, ValueError):  # only a look ahead asks for it
            room.note(box)
    return box


def _tell_of_walls(request: Request, box: Box, console: Console) -> None:
    """Layers may have a reason of their own that none can stand."""
    found = box.machines.missing_walls()
    if not request.trusted:
        host.check_walls(request.site, lambda: found)
    for wall in found:
        console.warn(f"a wall is missing, so trust who uses the box (docs/security.md): {wall}")


def raise_dom0(site: Site, files: BoxFiles, ledger: Ledger) -> Dom0:
    """The dom0 with a hypervisor, which comes up while others make what the nodes need."""
    kind, shelf = kinds.KINDS.of(site.dom0_kind), disks.shelf(site, files.box)
    dom0 = kind.start(files.box, ledger, site.dom0_host, shelf)
    fleet.prepare(site, dom0)
    return dom0


def set_up(dom0: Dom0, site: Site, files: BoxFiles, image: Image, ledger: Ledger) -> Dom0:
    """The dom0 with its nodes' file systems, network and packet filter; no node yet."""
    mapped = any(kind.MAPS for kind in fleet.kinds_of(site))
    identities = numbers.identities(ledger) if mapped else Identities()
    whole = dom0.set_up(disks.of(site, files, image, identities), site)
    homes.serve(site, whole)
    return whole


def refuse_stranger(files: BoxFiles, ledger: Ledger) -> None:
    """Raises HostError where somebody else's directory stands in the place of the box's."""
    if files.top.exists() and not ledger.of_kind("data"):
        raise HostError(
            "there is a directory that no box has made",
            where=str(files.top),
            why="the ledger does not know it, so it is left alone",
            remedy="move it away, or choose another name with --box NAME",
        )


def _note_image(files: BoxFiles, image: Image, console: Console) -> None:
    """Keep which image the box uses; what students stored may be older than the image."""
    before = build.used_in(files.top)
    if before and before != image.keys:
        console.warn("the image has changed since this box was last up; what was stored in it is kept")
    build.note_use(files.top, image)


def start_nodes(
    box: Box,
    nodes: tuple[Node, ...],
    go_on: Callable[[], None] = lambda: None,
    begun: Callable[[], None] = lambda: None,
) -> None:
    """Start nodes side by side and wait until all their services answer; call ``begun`` when they boot."""
    box.machines.ready()
    side_by_side(box.create_node, sorted(nodes, key=_longest_first), fleet.abreast(box.site))
    begun()
    wait_until_ready(box, nodes, go_on)


def _mend_left(box: Box, console: Console) -> None:
    """Take out what was broken on purpose and outlived the box's power: it would not come up with that."""
    for name in standing.take_left(box, console.warn):
        console.note(f"The fault {name} was still in the box, and is taken out.")


def _longest_first(node: Node) -> int:
    """The central services take longest to come up, by far."""
    return 0 if node.role is Role.RB else 1


def lay_layers(
    site: Site,
    files: BoxFiles,
    image: Image,
    supply: KeyPool,
    numbers: Numbers,
    pace: Callable[[], float] = lambda: 1.0,
) -> None:
    """Write down what the box is, and make the site layer of each node, with its certificates and keys."""
    files.keep_site(site)
    files.keep_address(site.public_address)
    content = Content(site, files, image.base, image.roles, supply, numbers=numbers, pace=pace)
    content.build(content.issue())


def _make_homes(site: Site, files: BoxFiles, base: Base, numbers: Numbers) -> None:
    """Homes of the pool accounts, shared by each CE and its WNs."""
    homes = accounts.add(accounts.texts_of(base.root), site, Role.CE.value, numbers).homes
    for ce in site.ces:
        for home in homes:
            path = files.homes(ce) / Path(home.path).name
            path.mkdir(exist_ok=True, mode=home.mode)
            os.chown(path, home.uid, home.gid)
