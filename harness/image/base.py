"""The base layer: a Debian root file system with the packages of all roles, built once per list of them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness import process, state
from harness.errors import HostError
from harness.image import key
from harness.image.whole import whole
from harness.interrupt import held
from harness.ledger import FOREVER, Entry, Ledger, LedgerBusyError, Undo
from harness.undo import remove_directory

SUITE = "trixie"
"""Debian 13: the newest release with all packages of box/base/packages.list."""
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
RECIPE = "2"
"""Raise it when ``_build`` comes to make something else of the same inputs."""
NEEDED = 2_500_000_000
"""Bytes of free space a build takes at its peak (measured: 1.7 GB with package files)."""
BUILDER = "icebox-image"
"""Marks the installer, with a token after it."""
UNWANTED = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
)
"""Emptied after the build; nothing a node runs reads them."""
UNUSED = (
    "usr/bin/aria_*",
    "usr/bin/myisam*",
    "usr/bin/innochecksum",
    "usr/bin/mariadb-binlog",
    "usr/bin/mariadb-conv",
    "usr/bin/mariadb-import",
    "usr/bin/mariadb-plugin",
    "usr/bin/mariadb-show",
    "usr/bin/mariadb-slap",
    "usr/bin/mariadb-tzinfo-to-sql",
    "usr/bin/mariadb-waitpid",
    "usr/bin/perror",
    "usr/bin/replace",
    "usr/bin/resolve_stack_dump",
    "usr/bin/resolveip",
    "usr/lib/libgalera_smm.so",
    "var/lib/mysql/ib_logfile0",
)
"""Files of packages that a box has no use for and that are large: tools of MariaDB, 5 MB each, and the log of
an engine that is switched off on RB."""


ROOT = "root"
"""Where a base layer's file system stands in its directory."""


@dataclass(frozen=True)
class Base:
    """A built base layer."""

    key: str

    @property
    def top(self) -> Path:
        return state.image_dir() / f"base-{self.key}"

    @property
    def root(self) -> Path:
        """The file system."""
        return self.top / ROOT

    @property
    def built(self) -> bool:
        return (self.top / "manifest.json").exists() and _is_open(self.root)

    def packages(self) -> Mapping[str, str]:
        """Version of each package in it."""
        versions: dict[str, str] = json.loads((self.top / "manifest.json").read_text())
        return versions


def _is_open(root: Path) -> bool:
    """Whether accounts in a node could enter it: not one that was made under a closed umask."""
    return root.is_dir() and root.stat().st_mode & 0o755 == 0o755


def wanted() -> Base:
    """The base layer that the checkout asks for, built or not."""
    box = state.checkout() / "box" / "base"
    return Base(key.of([SUITE, RECIPE], [box]))


def packages_file() -> Path:
    """The list of Debian packages of all roles."""
    return state.checkout() / "box" / "base" / "packages.list"


def listed(path: Path | None = None) -> list[str]:
    """Names in a list, the packages' by default, without comments."""
    text = (path or packages_file()).read_text()
    return [line for each in text.splitlines() if (line := each.partition("#")[0].strip())]


Installer = Callable[[list[str], Mapping[str, str], Path], None]
"""Runs a command with further environment, its output to a file; raises IceboxError if it fails."""


def build(base: Base, journal: Ledger, install: Installer | None = None) -> None:
    """Make the base layer unless it is there; killed half way, nothing of it is taken for whole.

    Raises HostError without space, without a Debian mirror, or with the installer's last words.
    """
    if base.built:
        return
    state.image_dir().mkdir(parents=True, exist_ok=True)
    check_space(state.image_dir(), NEEDED, "to build the image")
    with whole(base.top, journal) as partial:
        root, scratch, log = partial / "root", partial / "tmp", state.log_dir() / "image-build.log"
        for each in (root, scratch, log.parent):
            each.mkdir(parents=True, exist_ok=True)
        environment = {**ENVIRONMENT, "TMPDIR": str(scratch)}
        with installing(journal) as within:
            (install or run_installer)([*within, *_words(root)], environment, log)
        shutil.rmtree(scratch)
        _clean(root)
        manifest = _versions(root)
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
        if base.top.exists():
            shutil.rmtree(base.top)


def _end_builder(entry: Entry) -> None:
    """End an installer whose icebox was killed; with its namespaces go its processes and mounts."""
    process.end_marked(BUILDER, entry.key)


UNDO: Mapping[str, Undo] = {"directory": remove_directory, "builder": _end_builder}
"""How what a build leaves half made is removed."""


@contextmanager
def building(waiting: Callable[[], None]) -> Iterator[Ledger]:
    """Hold the image: one process at a time builds, others wait, after calling ``waiting`` once.

    What an earlier, killed build or a body that fails leaves half made is removed.
    """
    journal = ledger()
    with journal.locked(FOREVER, waiting):
        journal.replay(UNDO)
        try:
            yield journal
        finally:
            # Nothing, unless the body failed.
            with held():
                journal.replay(UNDO)


def clean() -> None:
    """Remove what a killed build left; a build that runs is not touched."""
    journal = ledger()
    if journal.path.exists():
        with suppress(LedgerBusyError), journal.locked():
            journal.replay(UNDO)


def ledger() -> Ledger:
    """The journal of builds."""
    return Ledger("image", state.image_dir())


@contextmanager
def installing(journal: Ledger) -> Iterator[list[str]]:
    """Words before an installer's own, which end it when icebox is killed; it is in the ledger meanwhile."""
    builder = journal.intend("builder", f"icebox-{secrets.token_hex(8)}")
    yield _within(builder.key)
    journal.gone(builder)


def _within(token: str) -> list[str]:
    """Words before a command that give it process and mount namespaces which end with the marked process."""
    return [
        *["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "--"],
        *["sh", "-c", 'shift 2; exec "$@"', "sh", BUILDER, token],
    ]


def check_space(path: Path, needed: int, what: str) -> None:
    """Raises HostError unless so many bytes are free there; ``what`` says for what."""
    free = shutil.disk_usage(path).free
    if free < needed:
        raise HostError(
            f"too little space {what}: {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed",
            where=str(path),
            remedy="free some, or set ICEBOX_HOME to a directory on a larger disk",
        )


def mirror() -> str:
    """The Debian mirror this machine itself uses."""
    words = ["apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT) $(ORIGIN) $(RELEASE)"]
    done = subprocess.run(words, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        site, *rest = line.split()
        if rest[:2] == ["main", "Debian"] and "security" not in site + rest[-1]:
            return site
    raise HostError(
        "no Debian mirror is set up on this machine",
        where="/etc/apt/sources.list*",
        why=done.stderr.strip() or "apt-get indextargets names none",
        remedy="run apt-get update with a Debian mirror in the sources",
    )


def _words(root: Path) -> list[str]:
    options = [f"--dpkgopt=path-exclude=/{path}/*" for path in UNWANTED if path.startswith("usr/")]
    more = [*options, "--dpkgopt=force-unsafe-io", '--aptopt=Apt::Install-Recommends "false"']
    return mmdebstrap("minbase", listed(), root, *more)


def mmdebstrap(variant: str, packages: Sequence[str], root: Path, *options: str) -> list[str]:
    """The command that lays packages of the release into ``root``; ``variant`` as in mmdebstrap(1)."""
    words = ["mmdebstrap", "--mode=root", f"--variant={variant}", "--components=main"]
    return [*words, f"--include={','.join(packages)}", *options, SUITE, str(root), mirror()]


def run_installer(words: list[str], environment: Mapping[str, str], log: Path) -> None:
    with log.open("wb") as output:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **environment}
        )
    if done.returncode:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("E:")]
        raise HostError(
            "Debian's packages could not be laid",
            where=str(log),
            why="; ".join(lines[:3]) or f"mmdebstrap ended with {done.returncode}",
            remedy="check the network and the Debian mirror, then run ./icebox build again",
        )


def _clean(root: Path) -> None:
    for name in UNWANTED:
        for path in (root / name).rglob("*"):
            # Directories stay: services expect those their packages made for them, with their owners.
            if path.is_symlink() or path.is_file():
                path.unlink()
    for pattern in UNUSED:
        for path in root.glob(pattern):
            path.unlink()
    # Keys that packages made for themselves must never be shared by two boxes.
    secrets = [*root.glob("etc/ssh/ssh_host_*"), root / "etc/munge/munge.key", root / "etc/bind/rndc.key"]
    for path in [*secrets, root / "var/lib/dbus/machine-id"]:
        path.unlink(missing_ok=True)
    (root / "etc/machine-id").write_text("")
    _enable_nothing(root / "etc")


def _enable_nothing(etc: Path) -> None:
    """Packages enable their services when installed; here each role says itself which it runs."""
    links = [*etc.glob("systemd/system/*.wants/*"), *etc.glob("systemd/system/*.requires/*")]
    for link in [*links, *etc.glob("rc?.d/S*"), *etc.glob("systemd/system/*.service")]:
        if link.is_symlink():
            link.unlink()


def _versions(root: Path) -> dict[str, str]:
    words = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n"]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.split(" ", 1) for line in lines)
