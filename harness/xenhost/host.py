"""An emulated Xen host as a person has it: started, asked, stopped.  One of each state directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import process, state, tool
from harness.box import host as machine
from harness.console import Console
from harness.errors import HarnessError, HostError
from harness.image import base, build
from harness.image.drives import DRIVE
from harness.interrupt import held
from harness.ledger import Entry, LedgerBusyError, Undo
from harness.xenhost import emulator, system
from harness.xenhost.shown import SHOW, Shown
from harness.xenhost.system import System

NAME = "xenhost"
"""What its ssh configuration calls it."""
PROGRAMS = {
    emulator.PROGRAM: "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "ssh": "openssh-client",
}
"""Programs that are wanted, and their Debian packages."""
WHOLE_MEMORY = emulator.MEMORY + (1 << 30)
"""Bytes: the machine's, and what QEMU takes to translate its code."""
ROOM = 3_000_000_000
"""Bytes for the disk of a run (measured: 0.7 GB of a fresh one) and for its snapshot."""
ANSWER = 600.0
"""Seconds for a command there; libvirt's first answer takes 30 on an idle machine."""
CONFIG = """\
Host {name}
    HostName 127.0.0.1
    Port {port}
    User root
    HostKeyAlias {name}
    IdentityFile {key}
    IdentitiesOnly yes
    UserKnownHostsFile {known}
    StrictHostKeyChecking yes
"""
SESSIONS = """\
cat > /etc/ssh/sshd_config.d/icebox.conf <<END
MaxSessions 100
MaxStartups 100:30:200
PerSourcePenalties no
END
/usr/sbin/sshd -t && kill -HUP "$(cat /run/sshd.pid)"
"""
"""Lets through one connection whatever an icebox asks side by side: as Debian has it, the eleventh session
is a connection of its own, whose handshake takes seconds of emulation, and some of many are refused."""
LOOK = """\
xl info | sed -n 's/^xen_version *: */Xen /p'
virsh -c xen:///system version --daemon | tail -n 1
date +%s
"""
"""What proves it: the hypervisor and libvirt's driver of it answer.  Its clock is the last line."""


@dataclass(frozen=True)
class Status:
    """What a host that is up says of itself."""

    says: tuple[str, ...]
    behind: float
    """Seconds that its clock is behind this machine's."""


def run_dir() -> Path:
    """Sockets and logs while it is up."""
    return Path("/run/icebox-xenhost" + state.home_mark())


def config() -> Path:
    """For ``ssh -F``: there while it is up, and the name in it is ``xenhost``."""
    return run_dir() / "ssh_config"


def _disk_dir() -> Path:
    return system.top() / "run"


def _nothing(_: Entry) -> None:
    """Who starts it is a note."""


UNDO: Mapping[str, Undo] = {**base.UNDO, "emulator": emulator.end, "owner": _nothing}


def _check() -> None:
    """Raises HostError for what this machine lacks."""
    machine.check_root()
    missing = {name: package for name, package in PROGRAMS.items() if shutil.which(name) is None}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        raise HostError(
            f"this machine lacks {', '.join(missing)}", where="PATH", remedy=f"apt-get install {packages}"
        )
    if (free := machine.free_memory()) < WHOLE_MEMORY:
        raise HostError(
            f"too little memory for a Xen host: {(WHOLE_MEMORY - free) / 1e6:.0f} MB are missing",
            where=str(machine.MEMORY),
            why=f"{free / 1e6:.0f} MB could be had; it takes {WHOLE_MEMORY / 1e6:.0f} MB",
            remedy="end programs that nobody needs, or stop a box",
        )
    state.make_home()
    base.check_space(state.home(), ROOM, "for a Xen host")


def is_up() -> bool:
    """Whether its machine runs, and whoever started it was not killed meanwhile."""
    journal = system.ledger()
    return not journal.of_kind("owner") and any(emulator.runs(e.key) for e in journal.of_kind("emulator"))


@contextmanager
def _held() -> Iterator[None]:
    """Nobody else starts or stops it meanwhile; what a dead one left is removed before."""
    journal = system.ledger()
    try:
        with journal.locked():
            if not is_up():
                with held():
                    journal.replay(UNDO)
            yield
    except LedgerBusyError as busy:
        busy.what, busy.remedy = "the Xen host is being started or stopped by another process", "wait for it"
        raise


def clean() -> bool:
    """Remove what a dead one left; whether there was anything."""
    journal = system.ledger()
    if not journal.path.exists():
        return False
    with contextlib.suppress(LedgerBusyError), journal.locked():
        if journal.open_entries() and not is_up():
            journal.replay(UNDO)
            return True
    return False


def start(console: Console) -> bool:
    """Bring it up, from a snapshot if there is one; False if it is up already.  A failure leaves nothing."""
    _check()
    with _held():
        if is_up():
            return False
        journal = system.ledger()
        journal.intend("owner", str(os.getpid()), identity=process.identity(os.getpid()))
        try:
            _start(console)
            for owner in journal.of_kind("owner"):
                journal.gone(owner)
        except BaseException:
            with held():
                journal.replay(UNDO)
            raise
    return True


def stop(console: Console) -> bool:
    """Pull its plug and remove its disk; False if it was down.  Systems and snapshots are kept."""
    with _held():
        if not is_up():
            return False
        with console.stage("remove"), held():
            system.ledger().replay(UNDO)
    return True


def _start(console: Console) -> None:
    wanted = system.wanted()
    if not wanted.built:
        with console.stage("Debian with Xen"):
            system.build(wanted, system.ledger())
    seen = Shown(build.ensure(console, as_drives=True), wanted.top)
    seen.make()
    kept = wanted.top / f"{emulator.SNAPSHOT}-{emulator.version([*seen.lines.splitlines(), SESSIONS])}.qcow2"
    if not kept.exists():
        with console.stage("boot of Xen, by emulation"):
            _raise(wanted, seen, None)
            _ask(LOOK)
            _ask(SHOW, seen.lines)
            _ask(SESSIONS)
        with console.stage("snapshot of the booted host"):
            emulator.snapshot(run_dir())
            for entry in system.ledger().of_kind("emulator"):
                emulator.end(entry)
                system.ledger().gone(entry)
            os.rename(_disk_dir() / "disk.qcow2", kept)
        _forget_others(wanted, kept, seen)
    with console.stage("host from its snapshot"):
        _raise(wanted, seen, kept)
        # All devices of domains are the dom0's work: it goes before them.
        _ask(f"date -u -s @{time.time():.0f} > /dev/null; xl sched-credit2 -d Domain-0 -w 4096")


def _forget_others(wanted: System, kept: Path, seen: Shown) -> None:
    """Snapshots of other images, and their kernels: none of them runs, as there is one host at a time."""
    for path in wanted.top.glob(f"{emulator.SNAPSHOT}-*.qcow2"):
        if path != kept:
            path.unlink()
    for path in wanted.top.glob("boot-*"):
        if path.is_dir() and path / DRIVE not in seen.disks.values():
            shutil.rmtree(path)


def _raise(wanted: System, seen: Shown, kept: Path | None) -> None:
    """Have the machine run, and its ssh answer."""
    journal, run, disk = system.ledger(), run_dir(), _disk_dir() / "disk.qcow2"
    for directory in (run, _disk_dir()):
        journal.intend("directory", str(directory))
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if kept is None:
        over = ("-F", "qcow2", "-b", str(wanted.disk))
        system.run("qemu-img", "create", "-q", "-f", "qcow2", *over, str(disk))
    else:
        system.run("cp", "--sparse=always", "--reflink=auto", str(kept), str(disk))
    port = emulator.free_port()
    config().write_text(CONFIG.format(name=NAME, port=port, key=wanted.account_key, known=wanted.known_hosts))
    token = f"icebox-xenhost.{process.identity(os.getpid())}.{port}"
    journal.intend("emulator", token)
    more = () if kept is None else ("-loadvm", emulator.SNAPSHOT)
    emulator.start(emulator.words(wanted, run, disk, seen.disks, port, token, *more), run / "qemu.log")
    emulator.await_ssh(port, token, run)


def command(*words: str) -> list[str]:
    """What this machine runs to have a shell, or these words, there; raises HostError if it is down."""
    if not is_up():
        raise HostError("the Xen host is not up", where=NAME, remedy="./icebox xen-host start")
    return ["ssh", "-F", str(config()), NAME, *words]


def _ask(line: str, told: str = "") -> str:
    words = ["ssh", "-F", str(config()), "-o", "BatchMode=yes", NAME, line]
    remedy = f"look at {emulator.console(run_dir())}"
    failed = HarnessError("the Xen host does not do what it is told", where=NAME, remedy=remedy)
    return tool.said(words, failed, typed=told, seconds=ANSWER)


def status() -> Status | None:
    """What it says; None if it is down."""
    if not is_up():
        return None
    *said, clock = _ask(LOOK).splitlines()
    return Status(tuple(said), time.time() - float(clock))
