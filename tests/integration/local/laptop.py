"""The laptop of the class room as a machine that root of the host reaches by ssh: the image's outside."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.deadline import wait_for
from harness.image import build
from harness.image.layer import OUTSIDE
from harness.sitefile import load
from tests.integration.dom0.rig import STARTING
from tests.integration.leaks.sandbox import WITHOUT_VOLUMES
from tests.integration.local.classroom import HOST, LAPTOP, ClassRoom

NAME = "laptop7"
SERVE = f"""\
set -eu
{WITHOUT_VOLUMES}
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
hostname "$4"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs none run
mkdir -p run/sshd run/laptop
cp "$2/host" "$2/user.pub" run/laptop
: > etc/hosts
mount --bind "$2/hosts" etc/hosts
: > etc/resolv.conf
printf %s "$3" > run/laptop/config
exec chroot . /usr/sbin/sshd -D -e -f /run/laptop/config
"""
"""With the layers, the keys' directory, sshd's settings and the name of the laptop."""
SSHD = """\
HostKey /run/laptop/host
AuthorizedKeysFile /run/laptop/user.pub
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
MaxSessions 100
PidFile none
"""
CLIENT = """\
Host {name}
    HostName {address}
    IdentityFile {keys}/user
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
"""

LOOK = """\
import sys
from harness.access.laptop import Laptop
from harness.errors import HarnessError
try:
    print(*Laptop(sys.argv[1]).lacking(*sys.argv[2:]))
except HarnessError as error:
    print(error)
"""


def lacking(room: ClassRoom, *programs: str) -> str:
    """Which of these programs root of the host does not find at the laptop, or what is in the way."""
    return room.host.run([sys.executable, "-c", LOOK, NAME, *programs]).output.strip()


@contextmanager
def removed(room: ClassRoom, program: str) -> Iterator[None]:
    """While the laptop has no such program: another layer is over each directory that has it."""
    over: list[str] = []
    while path := _at_laptop(room, f"command -v {program} || true"):
        over.append(path.rpartition("/")[0])
        upper, work = (f"/run/over-{len(over)}-{name}" for name in ("upper", "work"))
        options = f"lowerdir={over[-1]},upperdir={upper},workdir={work}"
        _at_laptop(room, f"mkdir {upper} {work}; mount -t overlay -o {options} none {over[-1]}; rm {path}")
    assert over, f"{NAME} has no {program} anyway"
    try:
        yield
    finally:
        for directory in reversed(over):
            _at_laptop(room, f"umount --lazy {directory}")


def _at_laptop(room: ClassRoom, line: str) -> str:
    return room.at_host(f"ssh {NAME} {shlex.quote(line)}").strip()


@contextmanager
def reached(room: ClassRoom) -> Iterator[None]:
    """While it is so; the laptop's hosts file, beside the site file that names it, has the box's names.

    It has the grid's clients, as somebody's laptop may.
    """
    keys = room.site.parent
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / key], check=True)
    names = " ".join(node.fqdn for node in load(room.site).nodes)
    (keys / "hosts").write_text(f"127.0.0.1 localhost\n{LAPTOP} {NAME}\n{HOST} {names}\n")
    (keys / "config").write_text(CLIENT.format(name=NAME, address=LAPTOP, keys=keys))
    room.at_host(
        f"mount -t tmpfs none /root; mkdir -m 700 /root/.ssh; cp {keys / 'config'} /root/.ssh/config"
    )
    room.change("[dom0]", f'[outside]\nssh = "{NAME}"\n\n[dom0]')
    image = build.wanted()
    layers = f"{image.roles.top / OUTSIDE}:{image.base.root}"
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--uts"]
    words += ["--propagation", "private", "sh", "-c", SERVE, "sshd", layers, str(keys), SSHD, NAME]
    log = keys / "sshd.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            room.laptop.command(*words), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as server,
    ):
        try:
            wait_for(
                "the laptop's sshd",
                lambda: room.host.run(["ssh", NAME, "true"]).code == 0,
                STARTING,
                where=str(log),
            )
            yield
        finally:
            server.kill()
