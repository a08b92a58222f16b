"""What looks at a network takes what comes there for what it is, whoever has made it up."""

import socket
from typing import Any, Self

import pytest

from harness.diagnosis import wire

HERE = "192.168.1.2"
MAC = bytes.fromhex("020000000002")
ARP = bytes(20) + b"\0\2" + MAC + socket.inet_aton(HERE)


def test_an_answer_tells_whose_mac_address_it_is() -> None:
    assert wire._told(ARP + bytes(10)) == (HERE, "02:00:00:00:00:02")


@pytest.mark.parametrize(
    "packet",
    [b"", bytes(14), ARP[:31], ARP.replace(b"\0\2" + MAC, b"\0\1" + MAC)],
    ids=["empty", "no more than a head", "cut off", "a question"],
)
def test_what_is_no_answer_tells_nothing(packet: bytes) -> None:
    assert wire._told(packet) == ("", "")


class Liar:
    """A network from which each echo comes back twice, with what nobody has sent before it."""

    def __init__(self, *_: int) -> None:
        self._coming: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def setsockopt(self, *_: int) -> None:
        """Any."""

    def settimeout(self, seconds: float) -> None:
        """Nothing is waited for."""

    def sendto(self, packet: bytes, _to: Any) -> None:
        mark, number = packet[4:6], packet[6:8]
        head = bytes(20) + b"\0" * 4
        true = head + mark + number
        self._coming += [bytes(20), b"", head + mark + b"\x7f\xff", head + b"?!" + number, true, true]

    def recvfrom(self, _size: int) -> tuple[bytes, tuple[str, int]]:
        if not self._coming:
            raise TimeoutError
        return self._coming.pop(0), (HERE, 0)


def test_an_echo_counts_once_and_one_that_was_made_up_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire.socket, "socket", Liar)
    monkeypatch.setattr(wire, "WAITING", 0.01)
    assert len(wire.echoes([HERE], 56)[HERE]) == wire.COUNT
