"""Delegation: RB makes a key, the user's proxy signs a proxy for it; no private key ever travels."""

from __future__ import annotations

import subprocess
import threading
import time
from functools import lru_cache
from pathlib import Path

from gridware.x509 import certificate

_BITS = 2048


class DelegationError(Exception):
    """What came back is no proxy for the key that was offered."""


class DelegatedCredentials:
    """What proxies have signed a while ago: who submits again with the same proxy need not sign again.

    Keys take RB longer to make than all the rest of a submission.
    """

    KEPT = 600.0
    """Seconds since it was last of use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._credentials: dict[bytes, tuple[float, bytes]] = {}

    def of(self, proxy: bytes) -> bytes | None:
        """The credential that a proxy (its certificate, DER) has signed, if it is good for any longer."""
        with self._lock:
            self._forget()
            _used, credential = self._credentials.get(proxy, (0, b""))
            if not credential:
                return None
            self._credentials[proxy] = (time.monotonic(), credential)
            return credential

    def keep(self, proxy: bytes, credential: bytes) -> None:
        with self._lock:
            self._credentials[proxy] = (time.monotonic(), credential)

    def _forget(self) -> None:
        now, clock = time.monotonic(), time.time()
        for proxy, (used, credential) in list(self._credentials.items()):
            if now - used > self.KEPT or expiry(credential) <= clock:
                del self._credentials[proxy]


def request() -> tuple[bytes, bytes]:
    """A new private key and a request for it, both PEM."""
    words = [
        "openssl",
        "req",
        "-new",
        "-newkey",
        f"rsa:{_BITS}",
        "-noenc",
        "-keyout",
        "/dev/stdout",
        "-subj",
        "/CN=proxy",
    ]
    done = subprocess.run(words, capture_output=True, check=True)
    marker = b"-----BEGIN CERTIFICATE REQUEST-----"
    key, _, rest = done.stdout.partition(marker)
    return key, marker + rest


def credential(key: bytes, chain: bytes) -> bytes:
    """A proxy file out of the key and the signed chain, its first certificate the new one.

    Raises DelegationError when that certificate is not for the key.
    """
    if _public(["x509", "-noout", "-pubkey"], chain) != _public(["pkey", "-pubout"], key):
        raise DelegationError("the certificate is not for the key that was offered")
    certificates = chain.split(b"-----BEGIN CERTIFICATE-----")
    pieces = [b"-----BEGIN CERTIFICATE-----" + piece for piece in certificates[1:]]
    return pieces[0] + key + b"".join(pieces[1:])


def described(path: Path) -> str:
    """What voms-proxy-info says about a proxy file."""
    words = ["voms-proxy-info", "-all", "-dont-verify-ac", "-file", str(path)]
    return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False).stdout


def left(path: Path) -> float:
    """Seconds that a proxy file is still good for; 0 if it is not there."""
    try:
        text = path.read_bytes()
    except OSError:
        return 0
    return max(0.0, expiry(text) - time.time())


@lru_cache(128)
def expiry(chain: bytes) -> float:
    """Epoch seconds at which the first certificate of a PEM chain to end ends.

    The engine asks for that of each job again and again, and a person's jobs have mostly the same.
    """
    return certificate.chain(chain).ends


def _public(words: list[str], text: bytes) -> bytes:
    done = subprocess.run(["openssl", *words], input=text, capture_output=True, check=False)
    if done.returncode:
        raise DelegationError(done.stderr.decode(errors="replace").strip())
    return done.stdout
