"""What is computed of a local file: its bytes as one number."""

from __future__ import annotations

BLOCK = 1 << 20
"""Bytes read at once."""


def of_file(path: str, kind: str) -> str:
    """In hexadecimal digits; ``kind`` is md5, adler32 or crc32.  Raises OSError."""
    import hashlib
    import zlib

    whole = hashlib.md5(usedforsecurity=False)
    function, value = (zlib.crc32, 0) if kind == "crc32" else (zlib.adler32, 1)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            if kind == "md5":
                whole.update(block)
            else:
                value = function(block, value)
    return whole.hexdigest() if kind == "md5" else f"{value:08x}"
