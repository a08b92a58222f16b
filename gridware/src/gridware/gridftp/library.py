"""libglobus_ftp_client, as far as the edg-gridftp-* commands need it.

The original commands were C programs over this library; through ctypes an operation takes as long as it
does in C (0.05 s; gfal2 takes 0.3 s), and the server's LIST lines and answers come through unchanged.
Prototypes: globus_ftp_client.h, globus_callback.h and globus_error_generic.h of the Grid Community Toolkit.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, byref, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint, c_void_p

BLOCK = 65536
"""Bytes of a listing read at once."""

_GLOBAL_SPACE = -2

_Complete = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p)
_Data = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_int64, c_int)


class GridFtpError(Exception):
    """An operation failed; the text is Globus' own, one line for each cause."""


class LibraryError(Exception):
    """Globus' FTP client library can't be used on this machine."""


class Client:
    """A GridFTP client that keeps its connections between operations."""

    def __init__(self) -> None:
        """Reads the proxy's place and other settings from the environment. Raises LibraryError."""
        try:
            self._ftp = ctypes.CDLL("libglobus_ftp_client.so.2")
            self._common = ctypes.CDLL("libglobus_common.so.0")
        except OSError as error:
            raise LibraryError(f"the Globus FTP client library is missing: {error}") from None
        self._declare()
        module = c_char.in_dll(self._ftp, "globus_i_ftp_client_module")
        if self._common.globus_module_activate(byref(module)) != 0:
            raise LibraryError("the Globus FTP client library can't be started")
        self._handle, self._attributes = c_void_p(), c_void_p()
        handle_attributes = c_void_p()
        self._ftp.globus_ftp_client_handleattr_init(byref(handle_attributes))
        self._ftp.globus_ftp_client_handleattr_set_cache_all(byref(handle_attributes), 1)
        self._check(self._ftp.globus_ftp_client_handle_init(byref(self._handle), byref(handle_attributes)))
        self._check(self._ftp.globus_ftp_client_operationattr_init(byref(self._attributes)))

    def exists(self, url: str) -> None:
        """Raises GridFtpError if there is nothing at ``url``, or if that can't be found out."""
        self._run("exists", url)

    def mkdir(self, url: str) -> None:
        self._run("mkdir", url)

    def rmdir(self, url: str) -> None:
        self._run("rmdir", url)

    def delete(self, url: str) -> None:
        self._run("delete", url)

    def rename(self, source: str, target: str) -> None:
        self._run("move", source, target)

    def list(self, url: str, *, verbose: bool) -> bytes:
        """The server's answer to NLST, or with ``verbose`` to LIST."""
        return self._run("verbose_list" if verbose else "list", url, reads=True)

    def _run(self, operation: str, *urls: str, reads: bool = False) -> bytes:
        """Start an operation and poll until it is over; what it sent is returned."""
        over: list[str] = []
        blocks: list[bytes] = []
        buffer = ctypes.create_string_buffer(BLOCK)

        def complete(_argument: int, _handle: int, error: int | None) -> None:
            over.append(self._text(error) if error else "")

        def data(
            _argument: int, _handle: int, error: int | None, start: int, length: int, _offset: int, end: int
        ) -> None:
            # A failed read is told to `complete` as well.
            if not error:
                blocks.append(ctypes.string_at(start, length))
                if not end:
                    read()

        def read() -> None:
            self._ftp.globus_ftp_client_register_read(byref(self._handle), buffer, BLOCK, on_data, None)

        on_complete, on_data = _Complete(complete), _Data(data)
        start = getattr(self._ftp, f"globus_ftp_client_{operation}")
        names = [c_char_p(url.encode()) for url in urls]
        self._check(start(byref(self._handle), *names, byref(self._attributes), on_complete, None))
        if reads:
            read()
        forever = byref(self._forever)
        while not over:
            self._common.globus_callback_space_poll(forever, _GLOBAL_SPACE)
        if over[0]:
            raise GridFtpError(over[0])
        return b"".join(blocks)

    def _declare(self) -> None:
        """Results and arguments that are not plain ints."""
        self._common.globus_error_get.restype = c_void_p
        self._common.globus_error_get.argtypes = [c_uint]
        self._common.globus_error_print_friendly.restype = c_void_p
        self._common.globus_error_print_friendly.argtypes = [c_void_p]
        self._ftp.globus_ftp_client_register_read.argtypes = [
            POINTER(c_void_p),
            c_char_p,
            c_size_t,
            _Data,
            c_void_p,
        ]
        self._forever = (ctypes.c_long * 2).in_dll(self._common, "globus_i_abstime_infinity")

    def _check(self, result: int) -> None:
        if result != 0:
            raise GridFtpError(self._text(self._common.globus_error_get(result)))

    def _text(self, error: int | None) -> str:
        """The chain of causes as globus-url-copy would print it."""
        start = self._common.globus_error_print_friendly(error)
        text = ctypes.string_at(start).decode(errors="replace") if start else "unknown error"
        self._common.globus_libc_free(c_void_p(start))
        return text
