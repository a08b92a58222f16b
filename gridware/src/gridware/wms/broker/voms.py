"""The attribute certificate of a proxy, checked by the VOMS library itself (libvomsapi, voms_api(3))."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from dataclasses import dataclass

FRESH = 10.0
"""Seconds for which a verdict on a chain holds: a person often sends several commands at once."""
_RECURSE_CHAIN = 0
_NO_AC = 5  # VERR_NOEXT


class VomsError(Exception):
    """The chain carries no attribute certificate that can be trusted."""


@dataclass(frozen=True)
class Attributes:
    """What a VO says about the holder; the first FQAN is the primary one."""

    vo: str
    fqans: tuple[str, ...]


class _Voms(ctypes.Structure):
    _fields_ = [
        ("siglen", ctypes.c_int),
        *(
            (name, ctypes.c_char_p)
            for name in ("signature", "user", "userca", "server", "serverca", "voname")
        ),
        *((name, ctypes.c_char_p) for name in ("uri", "date1", "date2")),
        ("type", ctypes.c_int),
        ("std", ctypes.c_void_p),
        ("custom", ctypes.c_char_p),
        ("datalen", ctypes.c_int),
        ("version", ctypes.c_int),
        ("fqan", ctypes.POINTER(ctypes.c_char_p)),
    ]


class _VomsData(ctypes.Structure):
    _fields_ = [
        ("cdir", ctypes.c_char_p),
        ("vdir", ctypes.c_char_p),
        ("data", ctypes.POINTER(ctypes.POINTER(_Voms))),
    ]


class VomsLibrary:
    """libvomsapi and the pieces of libcrypto needed to hand it a chain."""

    def __init__(self) -> None:
        self._crypto = ctypes.CDLL("libcrypto.so.3")
        self._voms = ctypes.CDLL("libvomsapi.so.1")
        self._free = ctypes.CDLL(None).free
        self._free.restype = None
        for name in ("d2i_X509", "OPENSSL_sk_new_null"):
            getattr(self._crypto, name).restype = ctypes.c_void_p
        self._voms.VOMS_Init.restype = ctypes.POINTER(_VomsData)
        self._voms.VOMS_ErrorMessage.restype = ctypes.c_void_p
        self._known: dict[tuple[bytes, ...], tuple[float, Attributes]] = {}

    def attributes(self, chain: Sequence[bytes]) -> Attributes:
        """Check the AC in a chain of DER certificates, the proxy first; raises VomsError.

        Signature, times, holder and issuer are checked against /etc/grid-security/vomsdir and certificates.
        """
        key, now = tuple(chain), time.monotonic()
        fresh = {each: known for each, known in self._known.items() if now - known[0] < FRESH}
        if key not in fresh:
            fresh[key] = (now, self._checked(chain))
            # Another thread's may be lost by that, and is found anew.
            self._known = fresh
        return fresh[key][1]

    def _checked(self, chain: Sequence[bytes]) -> Attributes:
        stack = ctypes.c_void_p(self._crypto.OPENSSL_sk_new_null())
        certificates = [self._x509(der) for der in chain]
        data = self._voms.VOMS_Init(None, None)
        try:
            for certificate in certificates[1:]:
                self._crypto.OPENSSL_sk_push(stack, certificate)
            error = ctypes.c_int(0)
            if not self._voms.VOMS_Retrieve(
                certificates[0], stack, _RECURSE_CHAIN, data, ctypes.byref(error)
            ):
                raise VomsError(
                    "there is no VOMS extension" if error.value == _NO_AC else self._text(data, error)
                )
            return _first(data.contents)
        finally:
            self._voms.VOMS_Destroy(data)
            self._crypto.OPENSSL_sk_free(stack)
            for certificate in certificates:
                self._crypto.X509_free(certificate)

    def _x509(self, der: bytes) -> ctypes.c_void_p:
        buffer = ctypes.create_string_buffer(der, len(der))
        pointer = ctypes.c_void_p(ctypes.addressof(buffer))
        return ctypes.c_void_p(self._crypto.d2i_X509(None, ctypes.byref(pointer), ctypes.c_long(len(der))))

    def _text(self, data: object, error: ctypes.c_int) -> str:
        message = self._voms.VOMS_ErrorMessage(data, error, None, 0)
        if not message:
            return f"error {error.value}"
        try:
            return ctypes.string_at(message).decode(errors="replace").strip()
        finally:
            self._free(ctypes.c_void_p(message))  # it is the caller's (voms_apic.h)


def _first(data: _VomsData) -> Attributes:
    if not data.data or not data.data[0]:
        raise VomsError("there is no VOMS extension")
    voms = data.data[0].contents
    fqans: list[str] = []
    while voms.fqan and (name := voms.fqan[len(fqans)]):
        fqans.append(name.decode())
    return Attributes(voms.voname.decode(), tuple(fqans))
