"""Runs in a sandbox: prints, as JSON, everything there that a box could leave behind."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SHOWN = ("net", "mnt", "pid", "uts", "ipc", "cgroup")
NOBODYS = "0"
"""The inode of a socket that is closed, and no program's any more."""
CGROUPS = Path("/sys/fs/cgroup")


def main(prefix: str, living: set[str]) -> None:
    home = Path(os.environ["ICEBOX_HOME"])
    names = set(processes(living))
    print(
        json.dumps(
            {
                "processes": [name for name in names if name.startswith("process")],
                "namespaces": [name for name in names if not name.startswith("process")],
                "mounts": Path("/proc/self/mountinfo").read_text().splitlines(),
                "control groups": list(groups(prefix)),
                "run": list(below(Path("/run/icebox"), 1)),
                "state": list(state(home)),
                "temporary": list(below(Path(tempfile.gettempdir()), 1)),
                "links": output("ip", "-o", "link"),
                "addresses": output("ip", "-o", "address"),
                "settings": list(settings()),
                "routes": output("ip", "route", "show", "table", "all"),
                "rules": output("nft", "list", "ruleset"),
                "sockets": [line.split()[-1] for line in sockets("unix") if "/" in line],
                "ports": list(ports()),
            }
        )
    )


def ports() -> Iterator[str]:
    """Sockets of TCP and UDP that a program has; TCP remembers for a minute connections that were closed."""
    for line in sockets("tcp") + sockets("udp"):
        if line.split()[9] != NOBODYS:
            yield " ".join(line.split()[1:4])


def settings() -> Iterator[str]:
    """The kernel's settings of this network."""
    for top in ("bridge", "ipv4", "ipv6"):
        for path in sorted(Path("/proc/sys/net", top).rglob("*")):
            with contextlib.suppress(OSError):
                yield f"{path} {path.read_text().strip()}"


def state(home: Path) -> Iterator[str]:
    """What lies in the state directory, but the image, and the version that the directory itself bears."""
    for name in below(home, 2):
        if not name.startswith(str(home / "image/")) and name != str(home / "layout"):
            yield name


def processes(living: set[str]) -> Iterator[str]:
    """Processes with their namespaces; those in a living box stand for its namespaces alone."""
    for path in Path("/proc").iterdir():
        if not path.name.isdigit() or int(path.name) == os.getpid():
            continue
        try:
            inside = {kind: os.readlink(path / "ns" / kind) for kind in SHOWN}
            words = (path / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield inside["pid"]
        if inside["pid"] in living:
            continue
        yield from inside.values()
        yield f"process {path.name}: {b' '.join(words).decode(errors='replace')}"


def groups(prefix: str) -> Iterator[str]:
    """Control groups by the names of boxes in sandboxes, at the top and in libvirt's own."""
    tops = [CGROUPS, *(path for path in CGROUPS.iterdir() if path.is_dir() and not path.is_symlink())]
    for top in tops:
        for path in [*top.glob(f"icebox-{prefix}*"), *top.glob(f"machine/*-{prefix}*")]:
            yield str(path)


def below(top: Path, depth: int) -> Iterator[str]:
    if depth and top.is_dir() and not top.is_symlink():
        for path in top.iterdir():
            yield str(path)
            yield from below(path, depth - 1)


def output(*words: str) -> list[str]:
    return subprocess.run(words, capture_output=True, text=True).stdout.splitlines()


def sockets(kind: str) -> list[str]:
    return Path(f"/proc/net/{kind}").read_text().splitlines()[1:]


if __name__ == "__main__":
    main(sys.argv[1], set(sys.argv[2:]))
