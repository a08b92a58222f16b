"""Size of the image, packed and unpacked.

Packed as ``./icebox build --pack`` does it: base layer and role layers in one tar, zstd -10.
"""

import os
from pathlib import Path

from bench.figure import Figure
from bench.session import Bench, Session
from harness.image import build

LIMIT = 150.0


def measure(session: Session) -> list[Figure]:
    """Pack the image once: its size does not vary."""
    image = build.ensure(session.console)
    packed = build.pack(image, session.directory() / "image.tar.zst")
    trees = {"base layer": image.base.root, "role layers": image.roles.top}
    sizes = {title: size(path) / 1e6 for title, path in trees.items()}
    note = f"{len(image.base.packages())} packages"
    return [
        Figure("image.packed", "image, compressed", "MB", (packed / 1e6,), LIMIT, note=note),
        *(
            Figure(f"image.{title.replace(' ', '-')}", f"{title}, unpacked", "MB", (megabytes,))
            for title, megabytes in sizes.items()
        ),
    ]


def size(top: Path) -> int:
    """Bytes of all files below ``top``, hard links once."""
    seen: set[int] = set()
    total = 0
    for directory, _, names in os.walk(top):
        for name in names:
            status = os.lstat(os.path.join(directory, name))
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_size
    return total


BENCH = Bench("image", "size of the image", measure)
