"""A machine that one has by ssh alone: namespaces of this one, with the image's sshd in them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.box import teardown
from harness.command import CommandResult
from harness.deadline import wait_for
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.errors import WaitError
from harness.image import build
from harness.image.build import Image
from harness.ledger import Ledger
from harness.state import checkout

STARTING = 60.0
"""Seconds for sshd; it takes 0.2 on an idle machine."""
LAY = """\
set -eu
ip link set lo up
mkdir -p /run/sshd "$2"
for who in sshd:101 student:102; do
    grep -q "^${who%:*}:" /etc/passwd || echo "${who%:*}:x:${who#*:}:65534::/run/sshd:/bin/sh" >> /etc/passwd
done
for name in sshd-session sshd-auth; do
    printf '#!/bin/sh\\nexec %s/ld-linux-x86-64.so.2 --library-path %s %s/usr/lib/openssh/%s "$@"\\n' \
        "$1/usr/lib/x86_64-linux-gnu" "$1/usr/lib/x86_64-linux-gnu" "$1" "$name" > "$2/$name"
    chmod 755 "$2/$name"
done
home=$3; layers=$4; shift 4
# As a hybrid machine has it; the holder of this one has let go of it.
test -e /sys/fs/cgroup/cgroup.controllers || mount -t cgroup2 none /sys/fs/cgroup/unified
# Its own state directory, with the layers of the image as if they had been sent.
for name; do mkdir -p "$home/image/$name"; mount --bind "$layers/$name" "$home/image/$name"; done
mkdir -p /var/lib/icebox
mount --rbind "$home" /var/lib/icebox
"""
"""The image's sshd runs with the image's libraries; all of it in the machine's own memory."""
SSHD = """\
HostKey /run/rig/host
AuthorizedKeysFile /run/rig/user.pub
SshdSessionPath /run/rig/sshd-session
SshdAuthPath /run/rig/sshd-auth
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile /run/rig/pid
"""
"""As Debian has it, ``MaxSessions`` included: ten for one connection."""
CLIENT = """\
Host dom0
    HostName 127.0.0.1
    User root
    IdentityFile {keys}/user
    IdentitiesOnly yes
    UserKnownHostsFile {keys}/known
    StrictHostKeyChecking yes
    ProxyCommand {proxy}
"""


@dataclass(frozen=True)
class Rented:
    """The machine, and how it is reached."""

    machine: EmbeddedDom0
    keys: Path
    """A directory with ``client``, which is for ``ssh -F`` and calls the machine ``dom0``."""
    home: Path
    """What its state directory is on this one."""
    sshd: tuple[str, ...]

    @property
    def client(self) -> Path:
        return self.keys / "client"

    @property
    def journals(self) -> list[str]:
        """Names of the boxes that its ledger knows."""
        return sorted(path.stem for path in (self.home / "ledger").glob("*.jsonl"))

    def listen(self) -> None:
        """Start sshd."""
        self.machine.spawn(self.machine, self.sshd, "sshd.log")

        def answers() -> bool:
            self.machine.open_socket("127.0.0.1", 22).close()
            return True

        try:
            wait_for("the sshd of the rented machine", answers, STARTING)
        except WaitError as late:
            late.why = self.machine.log("sshd.log")
            raise

    def cut(self) -> None:
        """Cut all connections that there are; new ones are taken."""
        self.machine.run("kill -9 $(pgrep -f '[s]shd-session')")

    def deaf(self) -> None:
        """Have it take none, too."""
        self.machine.run("kill $(cat /run/rig/pid)").check()
        self.cut()

    def icebox(self, *words: str, limit: float = 180.0) -> CommandResult:
        """What a person types here."""
        done = subprocess.run(
            [str(checkout() / "icebox"), *words], capture_output=True, text=True, timeout=limit
        )
        return CommandResult(" ".join(words), "here", done.returncode, done.stdout, done.stderr, 0.0)


@contextmanager
def rented(name: str, directory: Path) -> Iterator[Rented]:
    """The machine, while it stands."""
    ledger = Ledger(name)
    with ledger.locked():
        try:
            # So that nobody takes it for what a dead box left.
            teardown.own(ledger)
            yield _reached(EmbeddedDom0.start(name, ledger), build.wanted(), directory)
        finally:
            ledger.replay(teardown.undoing())
            assert ledger.is_over


def _reached(machine: EmbeddedDom0, image: Image, keys: Path) -> Rented:
    home, root = keys / "far", image.base.root
    home.mkdir()
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / key], check=True)
    (keys / "known").write_text(f"127.0.0.1 {(keys / 'host.pub').read_text()}")
    proxy = " ".join(_quoted(word) for word in machine.connection("127.0.0.1", 22))
    (keys / "client").write_text(CLIENT.format(keys=keys, proxy=proxy))
    machine.put("/run/sshd.config", SSHD.encode())
    layers = [str(image.base.top.parent), *image.keys]
    machine.run(["sh", "-c", LAY, "lay", str(root), "/run/rig", str(home), *layers]).check()
    machine.put("/run/rig/host", (keys / "host").read_bytes(), 0o600)
    machine.put("/run/rig/user.pub", (keys / "user.pub").read_bytes())
    libraries = root / "usr/lib/x86_64-linux-gnu"
    loader = (str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries))
    sshd = (*loader, str(root / "usr/sbin/sshd"), "-D", "-e", "-f", "/run/sshd.config")
    made = Rented(machine, keys, home, sshd)
    made.listen()
    return made


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''").replace("%", "%%") + "'"
