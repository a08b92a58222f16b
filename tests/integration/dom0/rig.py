"""A machine that one has by ssh alone: namespaces of this one, with the image's sshd in them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.box import teardown
from harness.deadline import wait_for
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.errors import WaitError
from harness.image import build
from harness.ledger import Ledger

RIG = "ICEBOX_TEST_RIG"
STARTING = 60.0
"""Seconds for sshd and the first connection; they take 0.5 on an idle machine."""
LAY = """\
set -eu
ip link set lo up
mkdir -p /run/sshd "$2"
grep -q ^sshd: /etc/passwd || echo sshd:x:101:65534::/run/sshd:/usr/sbin/nologin >> /etc/passwd
for name in sshd-session sshd-auth; do
    printf '#!/bin/sh\\nexec %s/ld-linux-x86-64.so.2 --library-path %s %s/usr/lib/openssh/%s "$@"\\n' \
        "$1/usr/lib/x86_64-linux-gnu" "$1/usr/lib/x86_64-linux-gnu" "$1" "$name" > "$2/$name"
    chmod 755 "$2/$name"
done
"""
"""The image's sshd runs with the image's libraries; all of it in the machine's own memory."""
SSHD = """\
HostKey {keys}/host
AuthorizedKeysFile {keys}/user.pub
SshdSessionPath /run/rig/sshd-session
SshdAuthPath /run/rig/sshd-auth
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
MaxSessions 100
PidFile none
"""
CLIENT = """\
Host dom0
    HostName 127.0.0.1
    User root
    IdentityFile {keys}/user
    IdentitiesOnly yes
    UserKnownHostsFile {keys}/known
    StrictHostKeyChecking yes
    LogLevel ERROR
    ControlPath {control}
    ProxyCommand {proxy}
"""


@dataclass(frozen=True)
class Rig:
    """How the machine is reached, and what it was rented with."""

    config: str
    """The file for ``ssh -F``, in which it is called ``dom0``."""
    control: str
    """The socket of the lasting connection."""
    ledger: str
    """Whose journal has the machine itself."""
    waiting: str
    """A directory there, in which the machine waits for the script that lays the disks."""
    group: str
    """The control group there in which all runs."""

    @classmethod
    def read(cls) -> Rig:
        return cls(**json.loads(Path(os.environ[RIG]).read_text()))


@contextmanager
def rented(name: str, directory: Path) -> Iterator[Path]:
    """The file that tells how the machine is reached, while it stands."""
    ledger = Ledger(name)
    root = build.wanted().base.root
    with ledger.locked():
        try:
            # So that nobody takes it for what a dead box left.
            teardown.own(ledger)
            machine = EmbeddedDom0.start(name, ledger)
            with _reached(machine, root, directory) as rig:
                yield rig
        finally:
            ledger.replay(teardown.undoing())
            assert ledger.is_over


@contextmanager
def _reached(machine: EmbeddedDom0, root: Path, keys: Path) -> Iterator[Path]:
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / key], check=True)
    (keys / "known").write_text(f"127.0.0.1 {(keys / 'host.pub').read_text()}")
    control = Path(machine.directory) / "control"
    proxy = " ".join(_quoted(word) for word in machine.connection("127.0.0.1", 22))
    (keys / "client").write_text(CLIENT.format(keys=keys, control=control, proxy=proxy))
    machine.put("/run/sshd.config", SSHD.format(keys="/run/rig").encode())
    machine.run(["sh", "-c", LAY, "lay", str(root), "/run/rig"]).check()
    for file in ("host", "user.pub"):
        machine.put(f"/run/rig/{file}", (keys / file).read_bytes(), 0o600)
    libraries = root / "usr/lib/x86_64-linux-gnu"
    loader = [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries)]
    machine.spawn(
        machine, [*loader, str(root / "usr/sbin/sshd"), "-D", "-e", "-f", "/run/sshd.config"], "sshd.log"
    )

    def answers() -> bool:
        machine.open_socket("127.0.0.1", 22).close()
        return True

    try:
        wait_for("the sshd of the rented machine", answers, STARTING)
    except WaitError as late:
        late.why = machine.log("sshd.log")
        raise
    words = ["setpriv", "--pdeathsig", "KILL", "ssh", "-F", str(keys / "client"), "-M", "-N", "dom0"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as master:
        try:
            wait_for("the lasting connection", control.exists, STARTING, where=machine.log("sshd.log"))
            rig = Rig(str(keys / "client"), str(control), machine.box, machine.directory, machine.token)
            (keys / "rig.json").write_text(json.dumps(asdict(rig)))
            yield keys / "rig.json"
        finally:
            master.kill()


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''").replace("%", "%%") + "'"


def is_root() -> bool:
    return os.geteuid() == 0
