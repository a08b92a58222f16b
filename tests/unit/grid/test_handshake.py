"""The client that shows certificates: what it says of a server that does not speak XRootD as it should."""

import socket
import struct

import pytest

from harness.probes.handshake import GO_TO_TLS, over_xrootd

HELLO = struct.pack("!HHI2i", 0, 0, 8, 0x511, 1)


def answer(flags: int) -> bytes:
    return HELLO + struct.pack("!HHI2I", 0, 0, 8, 0x511, flags)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "hung up"),
        (b"\0" * 5, "hung up"),
        (HELLO, "hung up"),
        (HELLO[:12], "hung up"),
        (b"220 se GridFTP Server ready.\r\n", "does not speak XRootD"),
        (answer(0), "does not turn to TLS"),
        (answer(GO_TO_TLS), "the handshake began"),
    ],
)
def test_what_a_server_says(said: bytes, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(*_: object) -> str:
        raise ConnectionError("the handshake began")

    monkeypatch.setattr("harness.probes.handshake.over_tls", begun)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError, match=told):
            over_xrootd(ours, None)  # type: ignore[arg-type]
