"""Tables of a database that are made when the image is.

At its first start a node would make one after another, each on the disk before the next one begins, while
everybody waits.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harness import tool
from harness.errors import HarnessError
from harness.image import base as bases
from harness.image.base import Base
from harness.image.part import Part
from harness.ledger import Ledger

DIRECTORY = "usr/lib/icebox/tables"
"""In the role layer: the files of a database without a name, which site layers give it."""
DATA = "var/lib/mysql"
"""MariaDB's own directory."""
LOGS = "aria_log*"
"""In it: by them it knows that it has made the tables itself, and at which moment."""
LONGEST = 600.0
"""Seconds until they are made; it takes one on an idle machine."""
_DATABASE = "tables"
_SCRIPT = """\
mount -t overlay -o "lowerdir=$1:$2,upperdir=$3/upper,workdir=$3/work" overlay "$3/root"
exec chroot "$3/root" mariadbd --bootstrap --user=mysql
"""
"""As the node's MariaDB is set, which reads its settings from the layer."""


def make_into(layer: Path, part: Part, base: Base, journal: Ledger) -> None:
    """Have the image's MariaDB make the tables that ``part`` names; raises HarnessError with its words."""
    if not part.tables:
        return
    place = layer.with_name(f"{layer.name}.tables")
    for name in ("upper", "work", "root"):
        (place / name).mkdir(parents=True)
    try:
        sql = (base.root / part.tables.lstrip("/")).read_text()
    except OSError as error:
        raise _unmade(part, str(error)) from error
    made, failed = place / "upper" / DATA, _unmade(part)
    with bases.installing(journal) as within, suppress(HarnessError):
        words = [*within, "sh", "-ec", _SCRIPT, "sh", str(layer), str(base.root), str(place)]
        typed = f"CREATE DATABASE {_DATABASE};\nUSE {_DATABASE};\n{sql}"
        tool.said(words, failed, typed=typed, seconds=LONGEST)
    if not (made / _DATABASE).is_dir():
        failed.why = failed.why or "it ended well, and has made none"
    if failed.why:
        raise failed
    _move(made, layer)
    shutil.rmtree(place)


def of(layer: Path) -> Iterator[Path]:
    """The files in a role layer that are the tables of its database; none if it has none."""
    directory = layer / DIRECTORY
    yield from sorted(directory.iterdir()) if directory.is_dir() else ()


def _move(made: Path, layer: Path) -> None:
    target = layer / DIRECTORY
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(made / _DATABASE, target)
    for path in [path for path in made.iterdir() if not path.match(LOGS)]:
        if path.is_dir():
            shutil.rmtree(path)  # its own tables, which it has opened, and left as they were
        else:
            path.unlink()
    (layer / DATA).parent.mkdir(parents=True, exist_ok=True)
    os.rename(made, layer / DATA)


def _unmade(part: Part, why: str = "") -> HarnessError:
    return HarnessError(
        f"the image's MariaDB does not make the tables of {part.tables}",
        where=str(part.directory / "part.toml"),
        why=why,
        remedy="the package may have changed: mend `tables`",
    )
