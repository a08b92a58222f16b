"""Files over GridFTP: put, get and third party, with Globus' own library behind gridftp.library."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from collections.abc import Callable
from ctypes import CFUNCTYPE, byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from io import FileIO
from urllib.parse import quote

from gridware.bdii import elements
from gridware.catalogue import interrupt
from gridware.catalogue.errors import DataError, code_of
from gridware.gridftp.library import Client, GridFtpError, LibraryError
from gridware.gridftp.urls import host_of

BLOCK = 1 << 20
"""Bytes moved at once."""
BUFFERS = 2
TICK = 0.2
"""Seconds after which Python gets a chance to see signals and the time limit."""
ABORTING = 5.0
"""Seconds a server is given to end an aborted operation."""

_Complete = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p)
_Data = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_int64, c_int)
_GLOBAL_SPACE = -2
_CHECKSUM = 256
"""Bytes for one; the library writes 33 at most."""
_ANSWERS = ("ENOENT", "EEXIST", "EACCES", "ENOSPC", "EISDIR")
_NOT_IN = "the storage element does not let this proxy in; members get one by voms-proxy-init -voms VO"


class Rate:
    """How a transfer went."""

    def __init__(self, bytes: int = 0, seconds: float = 0.0) -> None:  # noqa: A002
        self.bytes, self.seconds = bytes, seconds


class TooSlowError(Exception):
    """An operation took longer than the user gave it."""


class Mover(Client):
    """A GridFTP client for whole files; its connections are kept between operations."""

    def __init__(self, streams: int = 1, limit: float = 0.0) -> None:
        """``limit``: seconds a single operation may take, 0 for any. Raises DataError."""
        try:
            super().__init__()
        except LibraryError as error:
            raise DataError("EIO", "", str(error)) from None
        self._limit = limit
        self._streams = streams
        for name in ("write", "read"):
            function = getattr(self._ftp, f"globus_ftp_client_register_{name}")
            function.argtypes = [c_void_p, c_void_p, c_size_t, c_int64, c_int, _Data, c_void_p]
        self._ftp.globus_ftp_client_register_read.argtypes = [c_void_p, c_void_p, c_size_t, _Data, c_void_p]

    def put(self, source: str, url: str) -> Rate:
        """Store a local file."""
        if self._streams > 1:
            return self._timed(url, lambda rate: self._in_parallel(f"file://{quote(source)}", url, url, rate))
        with open(source, "rb", buffering=0) as file:
            return self._timed(url, lambda rate: self._put(file, url, rate))

    def fetch(self, url: str, target: str) -> Rate:
        """Get a file; the local one is complete or as it was before."""
        if os.path.exists(target) and not os.path.isfile(target):
            return self._fetch_to(url, target)  # a device or a pipe
        partial = f"{target}.{os.getpid()}.part"
        try:
            if self._streams > 1:
                local = f"file://{quote(partial)}"
                rate = self._timed(url, lambda rate: self._in_parallel(url, local, url, rate))
            else:
                rate = self._fetch_to(url, partial)
            os.replace(partial, target)
        except BaseException as error:
            if os.path.exists(partial):
                os.unlink(partial)
            if isinstance(error, OSError) and error.filename == partial:
                error.filename = target  # the user knows no other
            raise
        return rate

    def _fetch_to(self, url: str, target: str) -> Rate:
        with open(target, "wb", buffering=0) as file:
            rate = self._timed(url, lambda rate: self._get(file, url, rate))
            size = self.size(url)
        if rate.bytes != size:
            raise DataError("EIO", url, f"{rate.bytes} of {size} bytes came")
        return rate

    def _in_parallel(self, source: str, target: str, url: str, rate: Rate) -> None:
        """Several streams are the business of globus-url-copy."""
        command = ["/usr/bin/globus-url-copy", "-p", str(self._streams), source, target]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=self._limit or None
            )
        except subprocess.TimeoutExpired:
            raise TooSlowError from None
        if done.returncode != 0:
            raise GridFtpError(done.stderr)
        rate.bytes = self.size(url)

    def third_party(self, source: str, url: str) -> Rate:
        """Let one server send a file to another."""

        def move(rate: Rate) -> None:
            self._operate(
                "third_party_transfer", [source, byref(self._attributes), url, byref(self._attributes), None]
            )
            rate.bytes = self.size(url)

        return self._timed(url, move)

    def size(self, url: str) -> int:
        """Bytes of a file."""
        found = c_int64()
        self._tried(url, lambda: self._operate("size", [url, byref(self._attributes), byref(found)]))
        return found.value

    def checksum(self, url: str, kind: str) -> str:
        """What the server computes of a whole file: ``md5`` or ``adler32``, in hexadecimal digits."""
        found = ctypes.create_string_buffer(_CHECKSUM)
        whole = c_int64(0), c_int64(-1)
        given = [url, byref(self._attributes), found, *whole, kind.upper()]
        self._tried(url, lambda: self._operate("cksm", given))
        return found.value.decode()

    def chmod(self, url: str, mode: int) -> None:
        self._tried(url, lambda: self._operate("chmod", [url, mode, byref(self._attributes)]))

    def make_directory(self, url: str) -> None:
        self._tried(url, lambda: self._operate("mkdir", [url, byref(self._attributes)]))

    def unlink(self, url: str) -> None:
        """Remove a file. Raises DataError ENOENT if there is none."""
        self._tried(url, lambda: self._operate("delete", [url, byref(self._attributes)]))

    def is_there(self, url: str) -> bool:
        try:
            self._tried(url, lambda: self._operate("exists", [url, byref(self._attributes)]))
        except DataError as error:
            if error.code != "ENOENT":
                raise
            return False
        return True

    def listing(self, url: str, *, verbose: bool) -> str:
        """What the server says of a directory, as text."""
        try:
            return self.list(url, verbose=verbose).decode(errors="replace").replace("\r\n", "\n")
        except GridFtpError as error:
            raise _told(url, error) from None

    def _timed(self, url: str, move: Callable[[Rate], None]) -> Rate:
        rate = Rate()
        started = time.monotonic()
        self._tried(url, lambda: move(rate))
        rate.seconds = time.monotonic() - started
        return rate

    def _tried(self, url: str, work: Callable[[], None]) -> None:
        try:
            work()
        except GridFtpError as error:
            raise _told(url, error) from None
        except TooSlowError:
            raise DataError("ETIMEDOUT", url, f"no end after {self._limit:g} s") from None

    def _put(self, file: FileIO, url: str, rate: Rate) -> None:
        buffers = [ctypes.create_string_buffer(BLOCK) for _ in range(BUFFERS)]
        ended = False
        failed: list[OSError] = []

        def send(buffer: ctypes.Array[ctypes.c_char]) -> None:
            nonlocal ended
            if ended:
                return
            try:
                length = file.readinto(buffer)
            except OSError as error:
                failed.append(error)
                length = 0
            offset, rate.bytes = rate.bytes, rate.bytes + length
            ended = length < BLOCK
            self._ftp.globus_ftp_client_register_write(
                byref(self._handle), buffer, length, offset, int(ended), on_data, None
            )

        def sent(_a: int, _h: int, error: int | None, start: int, _l: int, _o: int, _end: int) -> None:
            if not error:
                send(next(buffer for buffer in buffers if ctypes.addressof(buffer) == start))

        on_data = _Data(sent)

        def begin() -> None:
            for buffer in buffers:
                send(buffer)

        self._operate("put", [url, byref(self._attributes), None], begin)
        if failed:
            raise DataError("EIO", file.name, failed[0].strerror or "")

    def _get(self, file: FileIO, url: str, rate: Rate) -> None:
        buffers = [ctypes.create_string_buffer(BLOCK) for _ in range(BUFFERS)]
        failed: list[OSError] = []

        def ask(buffer: object) -> None:
            self._ftp.globus_ftp_client_register_read(byref(self._handle), buffer, BLOCK, on_data, None)

        def came(_a: int, _h: int, error: int | None, start: int, length: int, offset: int, end: int) -> None:
            if error:
                return
            try:
                if file.seekable():
                    file.seek(offset)
                file.write(ctypes.string_at(start, length))
            except OSError as problem:
                failed.append(problem)
            rate.bytes += length
            if not end:
                ask(c_void_p(start))

        on_data = _Data(came)

        def begin() -> None:
            for buffer in buffers:
                ask(buffer)

        self._operate("get", [url, byref(self._attributes), None], begin)
        if failed:
            raise DataError("EIO", file.name, failed[0].strerror or "")

    def _operate(
        self, operation: str, arguments: list[object], begin: Callable[[], object] = lambda: None
    ) -> None:
        """Start an operation, and poll until it is over; a signal or the time limit aborts it."""
        over: list[str] = []

        def complete(_argument: int, _handle: int, error: int | None) -> None:
            over.append(self._text(error) if error else "")

        on_complete = _Complete(complete)
        start = getattr(self._ftp, f"globus_ftp_client_{operation}")
        given = [c_char_p(value.encode()) if isinstance(value, str) else value for value in arguments]
        self._check(start(byref(self._handle), *given, on_complete, None))
        begin()
        until = time.monotonic() + self._limit if self._limit else float("inf")
        with interrupt.held():
            self._poll(over, until)
            if not over:
                self._abort(over)
                if not interrupt.came():
                    raise TooSlowError
        if over[0]:
            raise GridFtpError(over[0])

    def _poll(self, over: list[str], until: float) -> None:
        while not over and time.monotonic() < until and not interrupt.came():
            self._poll_once()

    def _poll_once(self) -> None:
        now = time.time() + TICK
        soon = (ctypes.c_long * 2)(int(now), int(now % 1 * 1e9))
        self._common.globus_callback_space_poll(byref(soon), _GLOBAL_SPACE)

    def _abort(self, over: list[str]) -> None:
        """Close what is open, so that no buffer is written to any more."""
        self._ftp.globus_ftp_client_abort(byref(self._handle))
        until = time.monotonic() + ABORTING
        while not over and time.monotonic() < until:
            self._poll_once()
        over.append("aborted")


def _told(url: str, error: GridFtpError) -> DataError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # The server keeps to itself why it maps a proxy to nobody.
    hints = [_NOT_IN] if any(line.startswith("530") for line in lines) else []
    code = code_of(str(error))
    # Where a storage element answered, it is one.
    hint = elements.hint(host_of(url)) if code not in _ANSWERS else ""
    return DataError(code, url, "; ".join([*lines[-2:], *hints]), hint)
