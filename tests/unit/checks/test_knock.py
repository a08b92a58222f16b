"""Ports that take a connection are found, and those that refuse or are nobody's are not."""

import socket

import pytest

from harness.probes import knock


def test_ports_that_take_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        taking, refusing = server.getsockname()[1], bound.getsockname()[1]
        assert knock.asked("127.0.0.1", [taking, refusing]) == {taking}


def test_more_than_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in knock.ALL_PORTS
        monkeypatch.setattr(knock, "ALL_PORTS", range(port - knock.AT_ONCE - 1, port + 1))
        found = knock.main("127.0.0.1", "")
    assert port in found
