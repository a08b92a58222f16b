"""Set-up: from a bare Debian 12 to the first verdict, with its parts.

A root file system as mmdebstrap makes it (minbase, python3 and certificates of authorities beside), entered
by chroot in namespaces of its own, with a copy of the committed checkout; there ``./icebox validate`` is
run.  Parts of the set-up run side by side, so they add up to more than the whole.  What the figure is
depends on the network and on how near the registries are.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.figure import Figure
from bench.session import Bench, Session, box_name
from bench.timeline import BEGUN, Timeline, watch
from harness.errors import HostError
from harness.image import base
from harness.state import checkout

SUITE = "bookworm"
PACKAGES = ("python3", "ca-certificates")
REGISTRY_SETTINGS = (
    "etc/resolv.conf",
    "etc/hosts",
    "etc/pip.conf",
    "etc/apt/apt.conf.d",
    "etc/apt/trusted.gpg.d",
    "etc/ssl/certs/ca-certificates.crt",
    "usr/local/share/ca-certificates",
    "root/.npmrc",
)
"""How this machine reaches package registries: a bare one where it stands would have to be told the same."""
REGISTRY_VARIABLES = (
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
VARIABLES = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TERM": "dumb",
    "LC_ALL": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}
INSIDE = "root/grid-in-a-box"
CONFINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"),
)
"""Before a command whose mounts and processes must end with it, and that must end with us."""
ENTER = """\
set -e
root=$1; shift
# holder.sh and unshare make the root of the file system private, so it has to be a mount
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
cd "$root"
exec chroot "$root" "$@"
"""


def measure(session: Session) -> list[Figure]:
    """One set-up: it takes minutes, and the registries' mood varies more than we do."""
    root = session.directory() / "root"
    with session.console.stage("a bare Debian 12"):
        debian(root, SUITE, PACKAGES)
    lay_checkout(root)
    words = [*enter(root), f"/{INSIDE}/icebox", "validate", "--box", box_name(), "--run-dir", "/root/run"]
    log = session.directory() / "bare.log"
    try:
        timeline = watch(words, log, allowed=(0, 1))
    finally:
        shutil.copy(log, checkout() / "reports" / "bench-bare.log")
    return _figures(timeline)


def enter(root: Path) -> list[str]:
    """Words before a command that is to run in ``root`` as on a machine with this one's network."""
    words = [*CONFINED, "--", "sh", "-c", ENTER, "enter", str(root)]
    return [*words, "env", "-i", *(f"{name}={value}" for name, value in variables().items())]


def variables() -> dict[str, str]:
    """The environment inside: nothing of ours but the way to the registries."""
    return VARIABLES | {name: os.environ[name] for name in REGISTRY_VARIABLES if name in os.environ}


def debian(root: Path, suite: str, packages: Sequence[str]) -> None:
    """Make the bare system; raises HostError with the installer's last words."""
    words = [*CONFINED, "--mount-proc", "--", "mmdebstrap", "--mode=root", "--variant=minbase"]
    words += [f"--include={','.join(packages)}"]
    done = subprocess.run([*words, suite, str(root), base.mirror()], capture_output=True, text=True)
    if done.returncode:
        raise HostError("a bare Debian could not be made", why=done.stderr.strip()[-500:])
    for name in REGISTRY_SETTINGS:
        _copy(Path("/") / name, root / name)


def lay_checkout(root: Path) -> None:
    """What is committed, as a fresh clone would have it."""
    inside = root / INSIDE
    inside.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "-C", str(checkout()), "archive", "HEAD"], stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(inside)], input=archive.stdout, check=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy(source, target)


def _figures(timeline: Timeline) -> list[Figure]:
    prepared = timeline.begun("certificates and layers")
    figures = [
        Figure("bare.seconds", "from a bare Debian 12 to the first verdict", "s", (timeline.seconds,)),
        Figure("bare.prepared", "of which: until the first box starts to come up", "s", (prepared,)),
    ]
    titles = (found["title"] for mark in timeline.marks if (found := BEGUN.match(mark.text)))
    figures += [
        Figure(f"bare.part-{number}", title, "s", (timeline.span(title),))
        for number, title in enumerate(titles)
        if timeline.span(title) >= 1.0
    ]
    return figures


BENCH = Bench("bare", "set-up from a bare Debian 12 to the first verdict", measure, by_default=False)
