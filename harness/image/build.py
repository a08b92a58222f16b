"""The image of a checkout: base layer and role layers, built when their inputs changed."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness import state
from harness.console import Console
from harness.errors import HostError
from harness.image import base, layer
from harness.image.base import Base
from harness.image.layer import RoleLayers
from harness.dom0.embedded import remove_directory
from harness.ledger import Ledger


@dataclass(frozen=True)
class Image:
    """What the nodes of a box boot from."""

    base: Base
    roles: RoleLayers

    @property
    def built(self) -> bool:
        return self.base.built and self.roles.built


def wanted() -> Image:
    """The image that the checkout asks for, built or not."""
    found = base.wanted()
    return Image(found, layer.wanted(found))


def ensure(console: Console) -> Image:
    """Build what is missing and return the image; two builders at once wait for each other."""
    image = wanted()
    if image.built:
        return image
    ledger = Ledger("image", state.image_dir())
    with ledger.locked():
        ledger.replay({"directory": remove_directory})
        with console.stage("base layer (Debian packages)", "image-base") as stage:
            if image.base.built:
                stage.skip("unchanged")
            base.build(image.base, ledger)
        with console.stage("role layers", "image-roles"):
            layer.build(image.roles, ledger)
    return image


def pack(image: Image, target: Path) -> int:
    """Write base and role layers as one compressed file; returns its size in bytes."""
    words = ["tar", "--directory", str(state.image_dir()), "--create", "--file", str(target)]
    words += ["--use-compress-program", "zstd -10 -T0", image.base.top.name, image.roles.top.name]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        target.unlink(missing_ok=True)
        raise HostError("the image can't be packed", where=str(target), why=done.stderr.strip())
    return target.stat().st_size
