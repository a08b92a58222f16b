"""How the broker's door is spoken to: one line of JSON, then ``length`` bytes if the line says so.

The same framing both ways, over TLS. A connection carries any number of questions, one after the other.
"""

from __future__ import annotations

from gridware import jsontext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

WMPROXY = 7443
"""The broker's port for what does something: submit, cancel, fetch an output."""
BOOKKEEPING = 9000
"""That of logging and bookkeeping, which every job id names. The same calls are taken at both."""

WMPROXY_PATH = "/glite_wms_wmproxy_server"

LONGEST_LINE = 16 << 20
"""Bytes of a header: a collection of some thousand jobs with their JDL."""

CHUNK = 1 << 18

Header = dict[str, "Any"]


def wmproxy(host: str, port: int) -> str:
    """The URL of a WMProxy."""
    return f"https://{host}:{port}{WMPROXY_PATH}"


class WireError(Exception):
    """The other side said something that is no message."""


def send(stream: BinaryIO, header: Header, body: BinaryIO | None = None) -> None:
    """Write one message; with a body, ``header["length"]`` bytes of it, no more and no less.

    Raises WireError when the body has fewer.
    """
    stream.write(jsontext.dumps(header).encode() + b"\n")
    if body is not None:
        stream.writelines(chunks(body, header["length"]))
    stream.flush()


def receive(stream: BinaryIO) -> Header | None:
    """The next message's header; None when the other side has closed. Its body is still to be read."""
    line = stream.readline(LONGEST_LINE)
    if not line:
        return None
    try:
        header = jsontext.loads(line)
    except ValueError:
        raise WireError("a line that is no JSON") from None
    if not isinstance(header, dict):
        raise WireError("a message that is no object")
    return header


def chunks(stream: BinaryIO, length: int) -> Iterator[bytes]:
    """Exactly ``length`` bytes of a stream, piece by piece; raises WireError if it ends before."""
    left = length
    while left > 0:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            raise WireError(f"{left} of {length} bytes are missing")
        left -= len(chunk)
        yield chunk
