"""Nothing secret in a report: private keys and known secrets are replaced wherever they turn up.

``private_keys`` is for text on its way into a report; ``scrub`` goes over a finished run directory as the
last line of defence.  It should find nothing: what it does find is a defect of whoever wrote the text, and
is counted so that a test can insist on zero.  What is packed can't be searched, so no report has archives:
one that is attached is replaced as a whole, like a secret.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Redact = Callable[[str], str]
"""Takes a text and gives it back without secrets."""

KEY_REMOVED = "[private key removed]"
SECRET_REMOVED = "[secret removed]"
ARCHIVE_REMOVED = "[archive removed: attach what is in it]"
MAGIC = {
    0: (b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf"),
    257: (b"ustar",),
}
"""How gzip, zip, xz, bzip2, zstd, 7z and tar begin, by the offset at which they say so."""
SHORTEST = 6
"""Shorter secrets are not searched for: they would match innocent words."""

# A PEM block (RFC 7468) as it is, or with its line ends escaped as in JSON or a repr.  The end line may be
# missing, as when an output was cut.
_BODY = r"(?:(?!-----END )(?:\\+[nr]|[A-Za-z0-9+/=\s:,\-]))*"
_PRIVATE_KEY = re.compile(
    rf"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----{_BODY}(?:-----END [A-Z0-9 ]*PRIVATE KEY-----)?"
)


@dataclass(frozen=True)
class Scrubbed:
    """What ``scrub`` replaced."""

    count: int = 0
    files: tuple[Path, ...] = ()


def private_keys(text: str) -> str:
    """The text with every PEM private key block replaced."""
    return _PRIVATE_KEY.sub(KEY_REMOVED, text) if "PRIVATE KEY-----" in text else text


def is_archive(content: bytes) -> bool:
    """Whether it is packed, so that no search can find a secret in it."""
    return any(content[at:].startswith(signs) for at, signs in MAGIC.items())


def scrub(directory: Path, secrets: Iterable[str] = ()) -> Scrubbed:
    """Replace archives, private keys and ``secrets`` below ``directory``; links are not followed."""
    patterns = [(_PRIVATE_KEY, KEY_REMOVED), *_secret_patterns(secrets)]
    counts = {path: _scrub_file(path, patterns) for path in _files(directory)}
    hit = {path: count for path, count in counts.items() if count}
    return Scrubbed(sum(hit.values()), tuple(sorted(hit)))


def _files(directory: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _secret_patterns(secrets: Iterable[str]) -> list[tuple[re.Pattern[str], str]]:
    words = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    if not words:
        return []
    # The longest first: a secret may be the beginning of another.
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return [(re.compile("|".join(map(re.escape, longest_first))), SECRET_REMOVED)]


def _forms(secret: str) -> Iterator[str]:
    """The secret as it may stand in plain text, JSON, XML and base64; as Latin-1, like the files."""
    encoded = base64.b64encode(secret.encode()).decode()
    forms = (secret, json.dumps(secret)[1:-1], html.escape(secret), encoded)
    return (form.encode().decode("latin-1") for form in forms)


def _scrub_file(path: Path, patterns: list[tuple[re.Pattern[str], str]]) -> int:
    content = path.read_bytes()
    if is_archive(content):
        path.write_text(ARCHIVE_REMOVED)
        return 1
    # Latin-1 maps every byte to itself, so a file of any encoding survives the way through text.
    text, total = content.decode("latin-1"), 0
    for pattern, replacement in patterns:
        text, count = pattern.subn(replacement, text)
        total += count
    if total:
        path.write_bytes(text.encode("latin-1"))
    return total
