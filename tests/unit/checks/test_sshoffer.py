"""What an ssh server offers."""

import socket
import threading

import pytest

from harness.dom0.protocols import BadReply
from harness.probes import sshoffer

GOOD = (
    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,diffie-hellman-group16-sha512,kex-strict-s-v00@openssh.com",
    "ssh-ed25519",
    "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com",
    "aes256-gcm@openssh.com,aes128-ctr",
    "hmac-sha2-512-etm@openssh.com",
    "umac-128-etm@openssh.com",
)


def message(lists: tuple[str, ...]) -> bytes:
    named = b"".join(
        len(each).to_bytes(4, "big") + each.encode() for each in (*lists, "none", "none", "", "")
    )
    return bytes([20]) + bytes(16) + named + bytes(5)


def test_what_is_offered() -> None:
    offer = sshoffer.parse(message(GOOD))
    assert offer.host_keys == ("ssh-ed25519",)
    assert offer.ciphers == ("aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr")
    assert offer.macs == ("hmac-sha2-512-etm@openssh.com", "umac-128-etm@openssh.com")
    assert list(offer.faults()) == []


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (0, "diffie-hellman-group14-sha1"),
        (0, "diffie-hellman-group14-sha256"),
        (0, "diffie-hellman-group1-sha1"),
        (0, "diffie-hellman-group-exchange-sha256"),
        (0, "ecdh-sha2-nistp256"),
        (1, "ssh-rsa"),
        (1, "ssh-dss"),
        (1, "ecdsa-sha2-nistp256"),
        (2, "aes128-cbc"),
        (3, "3des-cbc"),
        (3, "none"),
        (4, "hmac-sha1"),
        (4, "hmac-sha1-etm@openssh.com"),
        (5, "hmac-sha2-256"),
        (5, "umac-64-etm@openssh.com"),
        (5, "hmac-md5-96"),
    ],
)
def test_weak(place: int, name: str) -> None:
    lists = list(GOOD)
    lists[place] += f",{name}"
    faults = list(sshoffer.parse(message(tuple(lists))).faults())
    assert faults
    assert all(fault.startswith(f"{name}: ") for fault in faults)


def test_cut_off() -> None:
    with pytest.raises(BadReply):
        sshoffer.parse(message(GOOD)[:60])
    with pytest.raises(BadReply):
        sshoffer.parse(b"\x01")


def test_of_a_server() -> None:
    payload = message(GOOD)
    ours, theirs = socket.socketpair()
    packet = bytes([4]) + payload + bytes(4)

    def serve() -> None:
        theirs.sendall(b"SSH-2.0-OpenSSH_10.0\r\n")
        theirs.sendall(len(packet).to_bytes(4, "big") + packet)

    thread = threading.Thread(target=serve)
    thread.start()
    with ours, theirs:
        assert list(sshoffer.read(ours).faults()) == []
        thread.join()


def test_of_something_else() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"220 ftp\r\n")
        with pytest.raises(BadReply, match="ssh"):
            sshoffer.read(ours)
