"""Files on their way: what can't be read or written is no success, whatever the server says."""

import ctypes
import errno
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gridware.catalogue import transfer
from gridware.catalogue.errors import DataError
from gridware.catalogue.transfer import BLOCK, Mover, Rate


class FakeLibrary(Mover):
    """A mover whose library takes what it is given, and gives what it has, without a network."""

    def __init__(self, stored: bytes = b"") -> None:
        self.stored, self.came = stored, b""
        self._pending: list[Callable[[], None]] = []
        self._handle, self._attributes, self._limit, self._streams = ctypes.c_int(), ctypes.c_int(), 0.0, 1
        self._ftp: Any = SimpleNamespace(
            globus_ftp_client_register_write=self._write, globus_ftp_client_register_read=self._read
        )

    def _write(self, _h: Any, buffer: Any, length: int, offset: int, _end: int, done: Any, _a: Any) -> None:
        assert offset == len(self.came)
        self.came += buffer.raw[:length]
        self._pending.append(lambda: done(None, None, None, ctypes.addressof(buffer), length, offset, _end))

    def _read(self, _h: Any, buffer: Any, size: int, done: Any, _a: Any) -> None:
        start = buffer.value if isinstance(buffer, ctypes.c_void_p) else ctypes.addressof(buffer)

        def give() -> None:
            offset = len(self.came)
            part = self.stored[offset : offset + size]
            ctypes.memmove(start, part, len(part))
            self.came += part
            done(None, None, None, start, len(part), offset, int(offset + len(part) == len(self.stored)))

        self._pending.append(give)

    def _operate(
        self, operation: str, arguments: list[object], begin: Callable[[], object] = lambda: None
    ) -> None:
        if operation == "size":
            arguments[2]._obj.value = len(self.stored)  # type: ignore[attr-defined]
            return
        begin()
        while self._pending:
            self._pending.pop(0)()


class Bad(io.FileIO):
    """A file whose disk fails after its first block."""

    reads = writes = 0

    def readinto(self, buffer: Any) -> int:
        self.reads += 1
        if self.reads > 1:
            raise OSError(errno.EIO, "Input/output error")
        return super().readinto(buffer)

    def write(self, data: Any) -> int:
        self.writes += 1
        if self.writes > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("size", [0, 1, BLOCK, 2 * BLOCK + 5])
def test_a_file_there_and_back(tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    there = FakeLibrary()
    assert there.put(str(source), "gsiftp://se/f").bytes == size
    assert there.came == source.read_bytes()
    assert FakeLibrary(there.came).fetch("gsiftp://se/f", str(target)).bytes == size
    assert target.read_bytes() == source.read_bytes()


def test_a_read_error_in_an_upload_is_told(tmp_path: Path) -> None:
    """Half of a file has been stored by then, and the server is content."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * (3 * BLOCK))
    mover = FakeLibrary()
    with Bad(str(source), "rb") as file, pytest.raises(DataError, match="Input/output error") as told:
        mover._put(file, "gsiftp://se/f", Rate())
    assert (told.value.code, told.value.subject) == ("EIO", str(source))
    assert len(mover.came) == BLOCK


def test_a_write_error_in_a_download_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    target.write_text("as it was")
    monkeypatch.setattr(transfer, "open", lambda path, mode, buffering: Bad(path, mode), raising=False)
    with pytest.raises(DataError, match="No space left") as told:
        FakeLibrary(b"y" * (3 * BLOCK)).fetch("gsiftp://se/f", str(target))
    assert told.value.code == "EIO"
    assert target.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_download_that_is_too_short_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeLibrary, "size", lambda _self, _url: 7)
    with pytest.raises(DataError, match="6 of 7 bytes came"):
        FakeLibrary(b"Hello\n").fetch("gsiftp://se/f", str(tmp_path / "target"))
    assert list(tmp_path.iterdir()) == []
