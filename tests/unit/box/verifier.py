"""Judges a certificate by OpenSSL's two public calls, as the services do that load box/parts/revocation.

Typed as ``python verifier.py CALL CERT CA DIRECTORY`` in a process of its own, with the object preloaded: its
exit code is 0 for a certificate that is accepted.
"""

import ctypes
import sys

PROGRAM = ctypes.CDLL(None)
"""All that is loaded, what is preloaded first."""


def call(name: str, *arguments: int | bytes | None) -> int:
    """A function of OpenSSL that takes and gives pointers or numbers."""
    function = getattr(PROGRAM, name)
    function.restype = ctypes.c_void_p
    return function(*(ctypes.c_void_p(each) if isinstance(each, int) else each for each in arguments)) or 0


def load(path: str) -> int:
    return call("PEM_read_bio_X509", call("BIO_new_file", path.encode(), b"r"), None, None, None)


def one(certificate: int, ca: int, directory: str) -> int:
    """XRootD's way: one signature of a chain."""
    return call("X509_verify", certificate, call("X509_get_pubkey", ca))


def chain(certificate: int, ca: int, directory: str) -> int:
    """vomsd's way: a whole chain, with a store that knows a CA directory."""
    store, context = call("X509_STORE_new"), call("X509_STORE_CTX_new")
    call("X509_STORE_load_locations", store, None, directory.encode())
    call("X509_STORE_CTX_init", context, store, certificate, None)
    return call("X509_verify_cert", context)


if __name__ == "__main__":
    way, cert_path, ca_path, directory = sys.argv[1:]
    verify = {"one": one, "chain": chain}[way]
    sys.exit(0 if verify(load(cert_path), load(ca_path), directory) & 0xFFFFFFFF == 1 else 1)
