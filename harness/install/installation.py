"""Installing a box for Xen, and taking it away again.

An installed box is one that is down: it has its keys and certificates as any other, and its drives where they
were asked for, so that Xen's own tools start its machines.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import durable, umask
from harness.box import bringup, host, numbers, teardown
from harness.box.content import new_keys
from harness.box.files import BoxFiles
from harness.console import Console
from harness.deadline import side_by_side
from harness.dom0 import kinds, shelf
from harness.errors import HarnessError, HostError, InputError
from harness.image import accounts, build
from harness.image.build import Image
from harness.image.drives import Drives
from harness.install import directory, pieces, record
from harness.install.pieces import Piece
from harness.install.store import Store
from harness.interrupt import held
from harness.ledger import Ledger
from harness.pki.keys import KeyPool
from harness.site import Site
from harness.virt import originals

FILLED_AT_ONCE = 2
"""Drives: more would only have the disk seek."""


@dataclass(frozen=True)
class Request:
    """A site to be installed under a box's name, with its drives in ``store``."""

    site: Site
    box: str
    store: Store


def asked(request: Request) -> Sequence[str]:
    """What a person has to agree to; raises HostError or InputError for what stands in the way."""
    host.check_root()
    ledger = Ledger(request.box)
    if found := record.of(ledger):
        if record.is_whole(found):
            raise InputError(
                f"the box {request.box!r} is installed already",
                where=found.key,
                remedy=f"./icebox uninstall --box {request.box} removes it; or choose another name",
            )
        if not teardown.live_owner(ledger):
            raise InputError(
                f"an installation of the box {request.box!r} was cut short",
                where=found.key,
                remedy="./icebox ledger clean removes what it left",
            )
    bringup.refuse_if_up(request.box, ledger)
    shelf.refuse_moved(request.box, record.DISKS, ledger)
    return request.store.check(planned(request, build.wanted(as_drives=True)))


def planned(request: Request, image: Image) -> Sequence[Piece]:
    """The drives, of the image as far as it is built."""
    return [*pieces.of(request.site, BoxFiles(request.box), _drives(image))]


def deeds(request: Request) -> Iterator[str]:
    """What an installation would do, a line each; nothing is made."""
    image = build.wanted(as_drives=True)
    if not image.built:
        yield "build the image"
    if not Ledger(request.box).of_kind("data"):
        yield f"make keys and certificates of the box {request.box}: {BoxFiles(request.box).top}"
    yield from request.store.deeds(planned(request, image))
    top = request.store.directory
    yield f"write boot/, conf/, {record.PROPERTIES} in {top}"
    for node in request.site.nodes:
        yield f"write {top}/nodes/{originals.title(node)}"


def install(request: Request, console: Console) -> None:
    """Make all of it, or nothing; raises HostError or InputError."""
    umask.ours()
    site, files, ledger = request.site, BoxFiles(request.box), Ledger(request.box)
    with KeyPool(new_keys(site, files)) as supply:
        image = build.ensure(console, as_drives=True)
        accounts.check_names(accounts.texts_of(image.base.root), site)
        with ledger.locked(teardown.PATIENCE):
            bringup.refuse_if_up(request.box, ledger)
            bringup.refuse_stranger(files, ledger)
            request.store.check(planned(request, image))
            teardown.own(ledger)
            try:
                with host.out_of_space():
                    _install(request, image, supply, console)
            except BaseException:
                _undo(ledger, console)
                raise


def _install(request: Request, image: Image, supply: KeyPool, console: Console) -> None:
    site, store, ledger = request.site, request.store, Ledger(request.box)
    files, top, tag = BoxFiles(request.box), store.directory, f"icebox.{secrets.token_hex(8)}"
    fresh = not ledger.of_kind("data")
    box_numbers = numbers.claim(ledger)
    ledger.intend("data", str(files.top))
    files.make()
    directory.begin(top, ledger, tag)
    with console.stage("certificates and layers", "layers"):
        placed = kinds.KINDS.of(site.dom0_kind).placed(site)
        build.note_use(files.top, image)
        bringup.lay_layers(placed, files, image, supply, box_numbers)
    made = planned(request, image)
    with console.stage(f"{len(made)} drives", "drives"):
        store.open(ledger, tag)
        for piece in made:
            store.make(piece, ledger, tag)
        side_by_side(store.fill, made, FILLED_AT_ONCE)
    with console.stage("nodes", "nodes"):
        boot = _drives(image).boot
        directory.lay_boot(top, boot)
        directory.lay_conf(top, site, request.box)
        directory.lay_nodes(top, site, request.box, store, boot)
        directory.lay_properties(top, site, request.box, store, image)
        durable.sync_all(top)
    _settle(ledger, fresh=fresh)


def _settle(ledger: Ledger, *, fresh: bool) -> None:
    """From here on it outlives this process.  ``fresh``: the box is there for the installation alone."""
    entry = record.of(ledger)
    assert entry
    details = {**entry.details, "whole": "yes", "box": "made" if fresh else "was there"}
    ledger.intend(entry.kind, entry.key, **details)
    teardown.keep(ledger)


def _undo(ledger: Ledger, console: Console) -> None:
    """Remove what was made; what resists is said, and does not hide why."""
    try:
        teardown.undo_run(ledger)
    except HarnessError as error:
        console.error(error)


def uninstall(box: str, console: Console) -> None:
    """Remove an installation, and a box that was made for it; raises HostError if its machines run."""
    ledger = Ledger(box)
    with ledger.locked(teardown.PATIENCE):
        entry = record.of(ledger)
        if entry is None:
            raise InputError(
                f"the box {box!r} is not installed",
                where="--box",
                remedy="`./icebox ledger` tells what there is",
            )
        bringup.refuse_if_up(box, ledger)
        if users := record.users(ledger):
            raise HostError(
                f"the machines of the box {box!r} are running",
                where=entry.key,
                why="; ".join(users[:5]),
                remedy="shut them down first: `xl list`, `xl shutdown -w NAME`",
            )
        alone = entry.details.get("box") == "made" and not _has_stored(BoxFiles(box))
        with console.stage("remove"), held():
            if alone:
                teardown.destroy_all(ledger)
            else:
                ledger.replay(record.UNDO, record.KINDS)


def _has_stored(files: BoxFiles) -> bool:
    """Whether it was ever started: then its nodes wrote into the box's own directory."""
    return (files.stored / "scratch").exists()


def _drives(image: Image) -> Drives:
    assert image.drives
    return image.drives
