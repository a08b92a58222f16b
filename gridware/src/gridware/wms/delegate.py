"""Signing a proxy for the broker's key with one's own proxy (RFC 3820), by openssl."""

from __future__ import annotations

import re
import secrets
import subprocess
import tempfile
import time
from pathlib import Path

from gridware.pattern import pattern
from gridware.x509 import certificate

_CERTIFICATE = pattern(r"(?s)-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n")
_EXTENSIONS = (
    "keyUsage = critical, digitalSignature, keyEncipherment\n"
    "proxyCertInfo = critical, language:id-ppl-inheritAll\n"
)  # fmt: skip


class DelegateError(Exception):
    """The proxy can't sign; openssl's words."""


def sign(request: str, proxy: str) -> str:
    """The chain of a new proxy for the key in a PEM request, as long as the proxy that signs it."""
    text = Path(proxy).read_text()
    chain = _CERTIFICATE.findall(text)
    try:
        ends = certificate.chain(text.encode()).ends
    except ValueError as error:
        raise DelegateError(f"{proxy}: {error}") from None
    with tempfile.TemporaryDirectory() as directory:
        extensions, asked = Path(directory, "extensions"), Path(directory, "request")
        extensions.write_text(_EXTENSIONS)
        asked.write_text(request)
        serial = secrets.randbits(31) | 1
        subject = f"{_subject(proxy)}/CN={serial}"
        words = ["openssl", "x509", "-req", "-in", str(asked), "-CA", proxy, "-CAkey", proxy, "-sha256"]
        words += ["-set_serial", str(serial), "-subj", subject, "-extfile", str(extensions)]
        words += ["-not_before", _stamp(time.time() - 300), "-not_after", _stamp(ends)]
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise DelegateError(" ".join(done.stderr.split()))
    return done.stdout + "".join(chain)


def _subject(proxy: str) -> str:
    """The subject of the first certificate, with the slashes in its values escaped as -subj wants them."""
    words = ["openssl", "x509", "-noout", "-subject", "-nameopt", "sep_multiline,utf8", "-in", proxy]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise DelegateError(" ".join(done.stderr.split()))
    lines = [line.strip() for line in done.stdout.splitlines()[1:] if line.strip()]
    return "".join("/" + re.sub(r"([\\/+])", r"\\\1", line) for line in lines)


def _stamp(seconds: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))
