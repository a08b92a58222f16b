"""Who listens where, as the kernel of this machine has it."""

import os
import socket
from ipaddress import IPv4Address, IPv6Address

import pytest

from harness.dom0.listeners import listeners


@pytest.mark.parametrize(
    ("family", "host", "address"),
    [
        (socket.AF_INET, "127.0.0.7", IPv4Address("127.0.0.7")),
        (socket.AF_INET6, "::ffff:127.0.0.7", IPv6Address("::ffff:127.0.0.7")),
    ],
)
def test_a_listener_is_found_with_its_holder(
    family: socket.AddressFamily, host: str, address: IPv4Address | IPv6Address
) -> None:
    with socket.socket(family) as server:
        server.bind((host, 0))
        port = server.getsockname()[1]
        assert port not in {each.port for each in listeners() if each.address == address}
        server.listen()
        (found,) = [each for each in listeners() if (each.port, each.address) == (port, address)]
    assert f"(process {os.getpid()})" in str(found)
    assert not found.is_met_at(None)
