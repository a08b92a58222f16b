"""Layers over the base: one a role, shared by all boxes, and one a node, with its names and keys."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import state, umask
from harness.errors import HarnessError
from harness.image import key, native, part, tables, tree, units, wheel, words
from harness.image.base import Base
from harness.image.part import Attributes, Part
from harness.image.template import render
from harness.image.wheel import Wheel
from harness.image.whole import whole
from harness.ledger import Ledger

RECIPE = "7"
"""Raise it when a role layer comes to be made otherwise of the same inputs."""
OUTSIDE = "outside"
"""The outside client has a layer as the roles have."""
ROLES = ("ce", "wn", "se", "ui", "rb", OUTSIDE)


@dataclass(frozen=True)
class File:
    """A file for a layer: content, mode and numeric owner."""

    path: str
    content: bytes
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class Directory:
    """A directory for a layer."""

    path: str
    mode: int = 0o755
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class Link:
    """A symbolic link for a layer."""

    path: str
    target: str


@dataclass(frozen=True)
class Shared:
    """A file that the image has elsewhere, as it is there: an inode less, if both are in one file system."""

    path: str
    source: Path


Item = File | Directory | Link | Shared
"""What a layer holds beside what its parts bring."""


class Owners:
    """Numeric owners by the passwd and group texts a layer will have."""

    def __init__(self, passwd: str, group: str) -> None:
        self._users = _numbers(passwd)
        self._groups = _numbers(group)

    def of(self, owner: str) -> tuple[int, int]:
        """``user:group`` as numbers; raises HarnessError for a name nobody has."""
        user, _, group = owner.partition(":")
        try:
            return self._users[user], self._groups[group]
        except KeyError as name:
            raise HarnessError(
                f"no such user or group {name} for {owner!r} in a part.toml",
                where=str(part.parts_dir()),
                remedy="mend `owner` there; packages of box/base/packages.list make the accounts of services",
            ) from None


def _numbers(text: str) -> dict[str, int]:
    return {line.split(":")[0]: int(line.split(":")[2]) for line in text.splitlines() if line.count(":") > 2}


@dataclass(frozen=True)
class RoleLayers:
    """All role layers over one base, made together."""

    base: Base
    key: str

    @property
    def top(self) -> Path:
        return state.image_dir() / f"roles-{self.key}"

    @property
    def built(self) -> bool:
        return self.top.is_dir()

    def of(self, role: str) -> Path:
        return self.top / role


def wanted(base: Base) -> RoleLayers:
    """The role layers that the checkout asks for, built or not."""
    with key.steady():
        return RoleLayers(base, key.of([base.key, RECIPE], [part.parts_dir(), *wheel.inputs()]))


def build(layers: RoleLayers, ledger: Ledger) -> None:
    """Make the role layers unless they are there."""
    if layers.built:
        return
    with whole(layers.top, ledger) as partial:
        with key.steady():
            gridware = wheel.build(layers.base, partial / wheel.NAME)
            for role in ROLES:
                _build_role(partial / role, part.closure(role), layers.base, gridware, ledger)
        shutil.rmtree(gridware.top)


def _build_role(layer: Path, parts: Iterable[Part], base: Base, gridware: Wheel, ledger: Ledger) -> None:
    layer.mkdir(parents=True)
    parts = tuple(parts)
    for each in parts:
        if each.tree.is_dir():
            tree.copy(each.tree, layer)
        native.compile_into(layer, each)
        words.change_into(layer, each, base.root)
        tables.make_into(layer, each, base, ledger)
    gridware.lay(layer, parts)
    owners = Owners((base.root / "etc/passwd").read_text(), (base.root / "etc/group").read_text())
    for each in parts:
        for unit in each.masks:
            units.mask(layer, unit)
        for unit in each.units:
            units.enable(layer, unit, [base.root])
        for path, attributes in each.dirs.items():
            _make_directory(layer, path, attributes, owners)
        for path, attributes in each.files.items():
            if (layer / path.lstrip("/")).exists():
                _set_attributes(layer / path.lstrip("/"), attributes, owners)


def _make_directory(layer: Path, path: str, attributes: Attributes, owners: Owners) -> None:
    directory = layer / path.lstrip("/")
    directory.mkdir(parents=True, exist_ok=True)
    _set_attributes(directory, attributes, owners)


def _set_attributes(path: Path, attributes: Attributes, owners: Owners) -> None:
    os.chown(path, *owners.of(attributes.owner))
    path.chmod(attributes.mode)


class SiteLayer:
    """The layer of one node: rendered templates, accounts, certificates and keys."""

    def __init__(self, directory: Path, role: str, base: Base, roles: RoleLayers) -> None:
        self.directory, self.role, self.base, self.roles = directory, role, base, roles

    def build(self, context: Mapping[str, object], content: Iterable[Item], owners: Owners) -> None:
        """Make it anew; the old one, if any, is replaced."""
        umask.ours()
        partial = self.directory.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for item in content:
            self._put(partial, item)
        parts = part.closure(self.role)
        for each in parts:
            self._render(partial, each, context, owners)
        for each in parts:
            for path, attributes in each.copies.items():
                self._copy(partial, path, attributes, owners)
        shutil.rmtree(self.directory, ignore_errors=True)
        os.rename(partial, self.directory)

    def _put(self, layer: Path, item: Item) -> None:
        path = layer / item.path.lstrip("/")
        if isinstance(item, Directory):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(item.mode)
        elif isinstance(item, Link):
            path.symlink_to(item.target)
            return
        elif isinstance(item, Shared):
            _share(item.source, path)
            return
        else:
            _write(path, item.content, item.mode)
        os.chown(path, item.uid, item.gid)

    def _render(
        self,
        layer: Path,
        each: Part,
        context: Mapping[str, object],
        owners: Owners,
    ) -> None:
        for template in sorted(each.templates.rglob("*.j2")) if each.templates.is_dir() else ():
            relative = template.relative_to(each.templates).with_suffix("")
            name = render(str(relative), context, template)
            text = render(template.read_text(), context, template)
            mode = 0o755 if os.access(template, os.X_OK) else 0o644
            attributes = each.files.get(f"/{name}", Attributes(mode))
            _write(layer / name, text.encode(), attributes.mode)
            os.chown(layer / name, *owners.of(attributes.owner))

    def _copy(self, layer: Path, path: str, attributes: Attributes, owners: Owners) -> None:
        source = layer / attributes.source.lstrip("/")
        _write(layer / path.lstrip("/"), source.read_bytes(), attributes.mode)
        os.chown(layer / path.lstrip("/"), *owners.of(attributes.owner))


def _share(source: Path, path: Path) -> None:
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EMLINK):
            raise
        shutil.copy2(source, path)
        found = source.stat()
        os.chown(path, found.st_uid, found.st_gid)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that nobody unwanted can open at any moment."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content, mode)
    except FileExistsError:
        path.unlink()
        _write(path, content, mode)
    else:
        with open(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
