"""The image as a whole: which layers are kept, and packing them."""

import io
import os
import subprocess
import time
from pathlib import Path

import pytest

from harness import state
from harness.console import Console, Style
from harness.errors import HostError, InputError
from harness.image import base, build
from harness.image.base import Base
from harness.image.build import Image
from harness.ledger import Ledger
from tests.unit.image.tree import Asked, write

QUIET = Console(style=Style.QUIET)
ZSTD = """\
#!/bin/sh
head -c 1000
touch $TOUCH
cat
"""
"""A compressor that changes nothing, and touches what ``$TOUCH`` names on its way."""


def test_prune(checkout: Path, based: Base, owned: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that no box uses go when others are built, but not at once."""
    image = state.image_dir()
    long_ago = time.time() - 2 * build.FORGOTTEN
    for name in ("roles-old", "base-old", "roles-used", "base-used", "roles-recent", "other"):
        write(image / name / "file", "x\n")
        if name != "roles-recent":
            os.utime(image / name, (long_ago, long_ago))
    Ledger("school").intend("data", "x")
    write(state.box_dir("school") / "image", "base-used\nroles-used\n")
    monkeypatch.setattr(base, "wanted", lambda: based)
    found = build.ensure(Console(io.StringIO(), style=Style.PLAIN))
    assert found.built
    names = {path.name for path in image.iterdir()}
    assert names == {"roles-used", "base-used", "roles-recent", "other", *found.keys}


def test_a_borrowed_image_is_not_pruned(
    checkout: Path, based: Base, owned: Asked, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = home.parent / "lent"
    state.image_dir().rename(lent)
    state.image_dir().symlink_to(lent)
    write(lent / "roles-old/file", "x\n")
    os.utime(lent / "roles-old", (0, 0))
    monkeypatch.setattr(base, "wanted", lambda: based)
    build.ensure(QUIET)
    assert (lent / "roles-old").exists()


@pytest.fixture
def image(checkout: Path, based: Base, owned: Asked, monkeypatch: pytest.MonkeyPatch) -> Image:
    """A built image."""
    monkeypatch.setattr(base, "wanted", lambda: based)
    return build.ensure(QUIET)


def test_packing_while_the_image_is_in_use(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command that uses the image touches its directories; tar must not take that for a change."""
    slow = write(tmp_path / "bin/zstd", ZSTD, 0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TOUCH", " ".join(str(state.image_dir() / name) for name in image.keys))
    # More than a pipe holds, so that tar is still at it when the compressor touches.
    (image.base.root / "large").write_bytes(os.urandom(4_000_000))
    size = build.pack(image, tmp_path / "image.tar.zst")
    assert size == (tmp_path / "image.tar.zst").stat().st_size
    listed = subprocess.run(
        ["tar", "--list", "--file", tmp_path / "image.tar.zst"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in (f"{image.base.top.name}/manifest.json", f"{image.roles.top.name}/ce/usr/bin/run"):
        assert name in listed


def test_packing_into_a_directory_that_is_not_there(image: Image, tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "image.tar.zst"
    with pytest.raises(HostError) as caught:
        build.pack(image, target)
    assert str(target) in str(caught.value)
    assert "No such file or directory" in str(caught.value)


def test_packing_into_a_directory(image: Image, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a directory"):
        build.pack(image, tmp_path)
    assert list(tmp_path.glob("*.zst")) == []
