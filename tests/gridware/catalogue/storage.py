"""A storage element in this process: files in a dictionary, and faults where a test wants them."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gridware.catalogue.errors import DataError
from gridware.catalogue.transfer import Rate

Type = Callable[..., tuple[int, str, str]]
"""Runs a command's ``main`` with arguments; exit code, standard output and standard error come back."""


@dataclass
class Storage:
    """Stands for a GridFTP client and all servers it may talk to."""

    files: dict[str, bytes] = field(default_factory=dict)
    fault: Callable[[str, str], None] = lambda operation, url: None
    """Called with each operation and its URL; may raise."""

    def put(self, source: str, url: str) -> Rate:
        data = Path(source).read_bytes()
        self.files[url] = data[:1]
        self.fault("put", url)
        self.files[url] = data
        return Rate(len(data), 0.1)

    def fetch(self, url: str, target: str) -> Rate:
        self.fault("fetch", url)
        Path(target).write_bytes(self._file(url))
        return Rate(self.size(url), 0.1)

    def third_party(self, source: str, url: str) -> Rate:
        self.files[url] = self._file(source)
        self.fault("third_party", url)
        return Rate(self.size(url), 0.1)

    def size(self, url: str) -> int:
        return len(self._file(url))

    def checksum(self, url: str, kind: str) -> str:
        data = self._file(url)
        return hashlib.md5(data).hexdigest() if kind == "md5" else f"{zlib.adler32(data):08x}"

    def is_there(self, url: str) -> bool:
        self.fault("exists", url)
        # Directories are there when asked for.
        return url in self.files or "file" not in url.rpartition("/")[2]

    def listing(self, url: str, *, verbose: bool) -> str:
        """A directory with one file, whose name somebody chose with care."""
        line = "-rw-r--r--   1 anna     gilda          5 Nov 27 11:50 "
        return "".join(f"{line}{name}\n" for name in (".", "a\x1b[2J"))

    def unlink(self, url: str) -> None:
        self.fault("unlink", url)
        self._file(url)
        del self.files[url]

    def _file(self, url: str) -> bytes:
        if url not in self.files:
            raise DataError("ENOENT", url)
        return self.files[url]
