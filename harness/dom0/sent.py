"""What is sent to another machine for a dom0 there: the harness itself, and what nodes boot from.

The harness lies there in memory, in a mount namespace of the process that runs it, and is gone with that.
Layers of the image stay for the next box, in a journal of that machine; those that are there are not sent.
"""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from harness import state
from harness.dom0.disk import Disk
from harness.dom0.driveset import DriveSet
from harness.dom0.place import PYTHON, Place
from harness.errors import HarnessError, HostError

PROGRAM = "harness.box.far"
OLDEST = (3, 11)
"""Python that the harness runs by."""
DOING = 180.0
"""Seconds of a usual machine for a piece of work there; the longest takes 1 on an idle machine."""
MAKING = 120.0
"""Seconds for the drives of one machine, beside that; they take 0.2 on an idle machine."""
SENDING = 3600.0
"""Seconds for a layer: 1 GB, over a slow line."""
UNPACK_HARNESS = """\
mount -t tmpfs -o mode=700 icebox /mnt && tar -xzf - -C /mnt && cd / && exec "$@"
"""
RUN = f"""\
import sys
if sys.version_info < {OLDEST}:
    sys.exit("its Python is %d.%d; the harness wants at least {OLDEST}" % sys.version_info[:2])
sys.path.insert(0, "/mnt")
from {PROGRAM} import main
main(*sys.argv[1:])
"""
PACK = 'tar -C "$1" --numeric-owner --xattrs --xattrs-include="*" --sparse -c "$2" | {packer}'
UNPACK = """\
set -e; rm -rf "$1"; mkdir -p -m 700 "$1"
{packer} | tar -C "$1" --numeric-owner --xattrs --xattrs-include='*' --strip-components=1 -xp
"""
PACKERS = {"zstd": ("zstd -q -1 -T0", "zstd -q -d"), "gzip": ("gzip -1", "gzip -d")}
"""The first that both machines have."""


def do(host: Place, what: str, seconds: float = DOING, /, **words: object) -> object:
    """Have the harness do something there, in so many seconds; raises HostError or HarnessError with what it
    says, and where."""
    program = [PYTHON, "-I", "-S", "-B", "-c", RUN, what, json.dumps(words), str(host.pace)]
    apart = ["unshare", "--mount", "--propagation", "private", "sh", "-c", UNPACK_HARNESS, "unpack", *program]
    code, out, err = host.finish(apart, _harness(), seconds)
    with suppress(ValueError, IndexError):
        said = json.loads(out.decode(errors="replace").splitlines()[-1])
        if "error" in said:
            raise _error(host.name, **said["error"])
        return said["done"]
    raise HarnessError(
        f"the harness could not {what} there",
        where=host.name,
        why=err.decode(errors="replace").strip()[-600:] or f"it ended with {code} and said nothing",
        remedy="that machine needs python3 (3.11 or later), util-linux, tar and gzip",
    )


def _error(
    machine: str, *, bad_host: bool, what: str, where: str, why: str, remedy: str
) -> HarnessError | HostError:
    kind = HostError if bad_host else HarnessError
    return kind(what, where=f"{machine}: {where}" if where else machine, why=why, remedy=remedy)


@cache
def _harness() -> bytes:
    """The package as an archive, without what Python makes of it by itself."""

    def wanted(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if info.name.endswith("__pycache__") else info

    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=3) as archive:
        archive.add(state.checkout() / "harness", "harness", filter=wanted)
    return made.getvalue()


def disks(host: Place, box: str, wanted: Sequence[Disk], home: Path) -> list[Disk]:
    """The disks as they are there, with all that they consist of; raises HarnessError or HostError."""
    image = sorted({_top(path) for disk in wanted for path in _read(disk) if _is_shared(path)})
    packer = _packer(host)
    missing = do(host, "share", box=box, laptop=state.identity(), layers=image)
    assert isinstance(missing, list)
    for name in missing:
        partial, whole = home / "image" / f"{name}.partial", home / "image" / name
        _send(host, state.image_dir(), name, partial, packer)
        host.quietly("mv", "-T", str(partial), str(whole))
    _send(host, state.box_dir(box), "site", home / "boxes" / box / "site", packer)
    moved = [_moved(disk, home) for disk in wanted]
    machines = [{"written": str(disk.written), "layer": str(disk.layers[0])} for disk in moved if disk.layers]
    drives = [disk.drives.words() for disk in moved if disk.drives]
    homes = [row for path in sorted({d.homes for d in wanted if d.homes}) for row in _homes(path, home)]
    words = {"machines": machines, "drives": drives, "homes": homes}
    do(host, "lay", DOING + MAKING * len(drives), box=box, laptop=state.identity(), **words)
    return moved


def _read(disk: Disk) -> Iterator[Path]:
    """What of it lies elsewhere."""
    yield from disk.layers
    if disk.drives:
        yield from disk.drives.links.values()


def _is_shared(layer: Path) -> bool:
    return layer.is_relative_to(state.image_dir())


def _top(layer: Path) -> str:
    return layer.relative_to(state.image_dir()).parts[0]


def _there(path: Path, home: Path) -> Path:
    return home / path.relative_to(state.home())


def _moved(disk: Disk, home: Path) -> Disk:
    layers = tuple(_there(layer, home) for layer in disk.layers)
    homes = _there(disk.homes, home) if disk.homes else None
    drives = disk.drives and _moved_drives(disk.drives, home)
    return replace(disk, layers=layers, written=_there(disk.written, home), homes=homes, drives=drives)


def _moved_drives(drives: DriveSet, home: Path) -> DriveSet:
    links = {name: _there(path, home) for name, path in drives.links.items()}
    written, layer = (path and _there(path, home) for path in (drives.written, drives.layer))
    # What is placed elsewhere is named as it is there.
    return replace(
        drives, directory=_there(drives.directory, home), links=links, written=written, layer=layer
    )


def _homes(path: Path, home: Path) -> Iterator[tuple[str, int, int, int]]:
    """A directory of homes, and those in it: path there, mode, owner and group."""
    for each in (path, *sorted(path.iterdir())):
        found = each.stat()
        yield str(_there(each, home)), found.st_mode & 0o7777, found.st_uid, found.st_gid


def _packer(host: Place) -> str:
    here = subprocess.run(["sh", "-c", "command -v zstd"], capture_output=True).returncode == 0
    return "zstd" if here and host.quietly("sh", "-c", "command -v zstd || true") else "gzip"


def _send(host: Place, directory: Path, name: str, target: Path, packer: str) -> None:
    """Have what is in ``name`` be there in ``target``, in the place of what was."""
    pack, unpack = PACKERS[packer]
    # Both ends are told apart by their words: what fails here first makes the other one fail, too.
    here = ["bash", "-o", "pipefail", "-c", PACK.format(packer=pack), "pack", str(directory), name]
    line = ["bash", "-o", "pipefail", "-c", UNPACK.format(packer=unpack), "unpack", str(target)]
    with subprocess.Popen(here, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as packed:
        seconds = host.longer(SENDING)
        words = host.words(host.bounded(line, seconds))
        done = subprocess.run(words, stdin=packed.stdout, capture_output=True, timeout=seconds)
        assert packed.stderr is not None
        said = packed.stderr.read().decode(errors="replace").strip()
        code = packed.wait()
    end, _, err = host.judged((done.returncode, done.stdout, done.stderr))
    if code or end:
        why = err.decode(errors="replace").strip() or said or shlex.join(here)
        raise HostError(f"{name} could not be sent", where=f"{host.name}: {target}", why=why, remedy=ROOM)


ROOM = "a full disk there is freed; else look at the line and start again: what was sent whole is kept"
