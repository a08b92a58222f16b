"""A clock that nobody keeps is told, by what the kernel says."""

import ctypes
import socket
import struct
from collections.abc import Sequence

from harness.checks import clock
from harness.dom0.place import Place
from harness.probes import clockkept

UNSYNCHRONIZED = 0x40
"""STA_UNSYNC of linux/timex.h."""


class Here(Place):
    """This machine."""

    name = "dom0"

    def words(self, command: Sequence[str]) -> list[str]:
        return list(command)

    def open_socket(self, host: str, port: int) -> socket.socket:
        raise NotImplementedError


def test_it_is_what_the_kernel_says() -> None:
    timex = ctypes.create_string_buffer(clockkept.TIMEX)
    ctypes.CDLL(None).adjtimex(timex)
    (status,) = struct.unpack_from("@i", timex, 5 * struct.calcsize("@l"))
    assert clockkept.is_kept(Here()) == (not status & UNSYNCHRONIZED)


def test_it_is_told_only_then(monkeypatch) -> None:
    for kept, warnings in ((True, 0), (False, 1)):
        monkeypatch.setattr(clockkept, "is_kept", lambda _place, kept=kept: kept)
        assert len(list(clock.unkept(Here()))) == warnings
