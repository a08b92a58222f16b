"""A class room of two machines with kernels of their own: a host with other rules on it, and a laptop.

laptop ── a cable of datagrams ── host
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.local.classroom import site_file
from tests.machine.machine import Machine
from tests.machine.place import place

HOST, ELSEWHERE, ROUTER, LAPTOP = "10.8.0.5", "10.8.0.77", "10.8.0.1", "10.8.0.9"
NAME = "laptop7"
SITE = "/root/room/icebox.toml"
NETWORK = "etc/systemd/network/20-room.network"
PACKAGES = ("docker.io", "iptables", "openssh-client", "ufw")
LAPTOPS = ("openssh-client", "openssh-server", "python3", "sudo", "systemd-resolved")
OPEN = 'resolver = "room"\n'
CONFIGURATION = """\
[Match]
Name=eth0
[Network]
Address={address}/24
Gateway={gateway}
"""
CLIENT = f"""\
Host {NAME}
    HostName {LAPTOP}
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
"""


@dataclass(frozen=True)
class Room:
    """Both machines, made and not booted yet."""

    host: Machine
    laptop: Machine


@contextmanager
def room(suite: str) -> Iterator[Room]:
    """A room whose machines are of a Debian release; nothing of it stays."""
    with ExitStack() as stack:
        ends = [stack.enter_context(place(f"{suite}-{name}")) for name in ("host", "laptop")]
        memory = ["-m", "1G"]
        laptop = Machine(
            suite, ends[1], packages=LAPTOPS, icebox=False, devices=[*memory, *_cable(ends[1], ends[0])]
        )
        host = Machine(suite, ends[0], packages=PACKAGES, devices=_cable(*ends))
        _connect(host, HOST)
        _connect(laptop, LAPTOP)
        _let_in(host, laptop)
        _site(host)
        # Its rules come in their turn.
        _inside(host, "systemctl", "disable", "docker.service", "docker.socket", "containerd.service")
        yield Room(host, laptop)


def _cable(own: Path, other: Path) -> list[str]:
    """Words for QEMU; a datagram is lost while nobody is at the other end, as on a cable."""
    ends = f"local.type=unix,local.path={own}/cable,remote.type=unix,remote.path={other}/cable"
    address = "52:54:00:00:00:05" if own < other else "52:54:00:00:00:09"
    return ["-netdev", f"dgram,id=room,{ends}", "-device", f"virtio-net-pci,netdev=room,mac={address}"]


def _connect(machine: Machine, address: str) -> None:
    (machine.root / NETWORK).parent.mkdir(parents=True, exist_ok=True)
    (machine.root / NETWORK).write_text(CONFIGURATION.format(address=address, gateway=ROUTER))
    _inside(machine, "systemctl", "enable", "systemd-networkd")


def _let_in(host: Machine, laptop: Machine) -> None:
    """Root of the host reaches the laptop by ssh without a password."""
    own, theirs = host.root / "root/.ssh", laptop.root / "root/.ssh"
    for directory in (own, theirs):
        directory.mkdir(mode=0o700, exist_ok=True)
    key = own / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (theirs / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    (own / "config").write_text(CLIENT)


def _site(host: Machine) -> None:
    """The site file as docs/class-room.md has it."""
    path = host.root / SITE.lstrip("/")
    path.parent.mkdir(parents=True)
    file = site_file(path.parent)
    path.write_text(file.read_text().replace("[dom0]\n", f'[outside]\nssh = "{NAME}"\n\n[dom0]\n{OPEN}', 1))


def _inside(machine: Machine, *words: str) -> None:
    subprocess.run(["chroot", str(machine.root), *words], check=True)
