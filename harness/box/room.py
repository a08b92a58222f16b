"""Room where nodes write, as it was at the box's starts, and whenever somebody looked ahead."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import durable
from harness.box.box import Box

FILE = "room.jsonl"
"""In the box's directory."""
OLDEST = 7 * 86400.0
"""Seconds for which a moment is kept."""
MOST = 500
"""Moments that are kept."""
LOOK = "stat -f -c '%S %b %a %c %d' -- \"$1\""
PATIENCE = 10.0


@dataclass(frozen=True)
class Moment:
    """The file system that nodes write to, as it was once."""

    at: float
    """Seconds since 1970."""
    size: int
    """Bytes."""
    free: int
    files: int
    """That it can have; 0 if there is no limit."""
    files_free: int


def note(box: Box) -> list[Moment]:
    """Keep how it is now; all moments of late, the last one at the end.  Raises IceboxError, OSError."""
    path = box.files.top / FILE
    kept = [each for each in _kept(path) if time.time() - each.at < OLDEST][-MOST:]
    kept.append(_now(box))
    durable.write(path, "".join(f"{json.dumps(asdict(each))}\n" for each in kept))
    return kept


def _now(box: Box) -> Moment:
    where = str(box.files.stored)
    said = box.dom0.run(["sh", "-c", LOOK, "look", where], timeout=PATIENCE).check().stdout
    block, size, free, files, files_free = map(int, said.split())
    return Moment(time.time(), size * block, free * block, files, files_free)


def _kept(path: Path) -> Iterator[Moment]:
    """What can be read of the file: it is no one's but icebox', and a spoilt line is no harm."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            yield Moment(**json.loads(line))
        except (ValueError, TypeError):
            continue
