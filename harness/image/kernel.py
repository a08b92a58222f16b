"""Debian's kernel as its package brings it: its image unpacked, and modules with what they rest on."""

from __future__ import annotations

import gzip
import lzma
import re
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from harness.errors import HarnessError

SETUP_SECTORS, PAYLOAD = 0x1F1, 0x248
"""Where a bzImage says how many sectors its set-up has, and where its payload is and how long
(the kernel's Documentation/arch/x86/boot.rst)."""
SECTOR = 512
ELF = b"\x7fELF"
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def _unzstd(data: bytes) -> bytes:
    # The kernel's build puts the size behind the payload, of which zstd complains when all is done.
    return subprocess.run(["zstd", "-d", "-q", "-c"], input=data[:-4], capture_output=True).stdout


def _unxz(data: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(data)


PACKINGS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"\x28\xb5\x2f\xfd": _unzstd,
    b"\xfd7zXZ": _unxz,
    b"\x1f\x8b": lambda data: gzip.decompress(data[:-4]),
}
"""By the first bytes of a payload."""


def unpacked(image: Path) -> bytes:
    """The ELF file within a bzImage, which Xen boots as it is; raises HarnessError."""
    data = image.read_bytes()
    offset, length = struct.unpack_from("<II", data, PAYLOAD)
    start = (data[SETUP_SECTORS] + 1) * SECTOR + offset
    payload = data[start : start + length]
    unpack = next((unpack for magic, unpack in PACKINGS.items() if payload.startswith(magic)), None)
    found = unpack(payload) if unpack else b""
    if not found.startswith(ELF):
        raise HarnessError(
            "the kernel can't be unpacked",
            where=str(image),
            why=f"its payload, which begins with {payload[:6].hex()}, is no ELF file in a known packing",
        )
    return found


class Modules:
    """The modules of one kernel, below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._paths = {_plain(path.name): path for path in sorted(directory.rglob("*.ko*"))}
        self._content: dict[str, bytes] = {}

    def content(self, name: str) -> bytes:
        """A module as insmod(8) takes it; raises HarnessError if there is none."""
        if name not in self._content:
            path = self._paths.get(name)
            if path is None:
                raise HarnessError(
                    f"the kernel has no module {name}",
                    where=str(self._directory),
                    why="it may be in the kernel itself by now",
                    remedy="mend box/boot/modules.list",
                )
            data = path.read_bytes()
            self._content[name] = lzma.decompress(data) if path.suffix == ".xz" else data
        return self._content[name]

    def in_order(self, names: Iterable[str]) -> list[str]:
        """``names`` with all that they rest on, each behind what it needs."""
        found: dict[str, None] = {}
        for name in names:
            found |= dict.fromkeys(self._with_needs(name))
        return list(found)

    def _with_needs(self, name: str) -> Iterator[str]:
        match = _DEPENDS.search(self.content(name))
        for need in match[1].decode().split(",") if match and match[1] else ():
            yield from self._with_needs(_plain(need))
        yield name


def _plain(name: str) -> str:
    """A module's name by its file's: both writings of a dash mean the same (modprobe(8))."""
    return name.partition(".ko")[0].replace("-", "_")
