"""Facts of a node's files: what was changed, added or removed since the box was made.

A node's writes lie over the layers of its image, so what differs is what lies there: to find it takes no
command, and no list of what may be changed.  A change is no fault; it is told where something does not go
that nothing else explains.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shlex import join, quote

from harness.box.box import Box
from harness.box.restored import layers_of, shown
from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts.network import ALL
from harness.services.registry import services_of
from harness.site import Node, Role, Site

COMPILED = ".pyc"
"""At the end of what Python makes anew by itself."""
WATCHED = ("etc", "usr", "opt")
"""What nodes themselves leave alone."""
THEIRS = (
    "etc/grid-security/gridmapdir/",
    "etc/machine-id",
    "etc/mtab",
    "etc/ld.so.cache",
    "etc/.pwd.lock",
    *("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-"),
    "usr/share/man",
    # `systemctl enable` keeps those of System V's init in step, which counts for programs without a unit.
    *(f"etc/rc{level}.d/" for level in "0123456S"),
)
"""What they don't."""
NEW = ("added", "leads elsewhere", "of another kind")
"""How a link differs that stands where none was, another, or a file."""
MOST = 2000
"""Files that are compared."""
SHOWN, NAMED = 4, 20
"""Paths that a finding shows, and that its remedy names."""
BESIDE = (
    "find /run/systemd/system /run/systemd/system.control /run/nologin -type f 2>/dev/null; echo =; "
    "awk '$2 ~ \"^/(etc|usr|opt|var)/\" {print $2}' /proc/mounts; echo =; systemctl show-environment"
)
"""What changes a node and is no file of its disk: drop-ins until the next boot, logins that are shut, mounts
over files, the environment of what systemd starts."""
ASSIGNED = r"\w+="
ENVIRONMENT = ("LANG=", "LC_", "PATH=", "MALLOC_ARENA_MAX=")
ACCESS = ("system.posix_acl_access", "system.posix_acl_default")
"""Where the kernel keeps who else may do what with a file, or not (acl(5))."""
OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
"""Marks of a directory that was made anew: overlayfs shows nothing of the lower one of its name."""


def changed(box: Box, node: Node) -> dict[str, str]:
    """Paths of a node that are not as they were laid, each with how it differs; none if nobody can tell."""
    upper = box.files.scratch(node.name) / "upper"
    layers = layers_of(box, node)
    found: dict[str, str] = {}
    for number, path in enumerate(_written(upper)):
        name = str(path.relative_to(upper))
        if number >= MOST:
            break
        if name.startswith(THEIRS) or name.endswith(COMPILED):
            continue
        if how := _difference(path, name, layers):
            found[f"/{name}"] = how
        elif _is_opaque(path) and (lost := _hidden(path, f"/{name}", layers)):
            found[f"/{name}"] = f"made anew, without {lost} files"
    return found


def came(box: Box, node: Node, path: str) -> list[str]:
    """A path and all that came with the node below it, but for directories."""
    return [each for each, beneath in shown(layers_of(box, node), path) if not beneath.is_dir()]


def _written(upper: Path) -> Iterator[Path]:
    for top in WATCHED:
        for directory, _, names in os.walk(upper / top):
            yield Path(directory)
            yield from (Path(directory) / name for name in sorted(names))


def _is_opaque(path: Path) -> bool:
    if not path.is_dir() or path.is_symlink():
        return False
    for mark in OPAQUE:
        with contextlib.suppress(OSError):
            return os.getxattr(path, mark) == b"y"
    return False


def _hidden(path: Path, name: str, layers: list[Path]) -> int:
    """How many files lay in a directory of that name before it was made anew, and do no more."""
    files = (each for each, beneath in shown(layers, name) if not beneath.is_dir())
    return sum(not os.path.lexists(path / Path(each).relative_to(name)) for each in files)


def _difference(path: Path, name: str, layers: list[Path]) -> str:
    """How a file that was written differs from the one that shows beneath; empty if it does not."""
    try:
        now = path.lstat()
        beneath = next((layer / name for layer in layers if os.path.lexists(layer / name)), None)
        if stat.S_ISCHR(now.st_mode) and now.st_rdev == 0:  # what overlayfs hides a lower file by
            return "removed" if beneath else ""
        if beneath is None:
            # A directory that was added is told of by what lies in it.
            return "" if stat.S_ISDIR(now.st_mode) or name.endswith(("~", ".swp", ".lock")) else "added"
        was = beneath.lstat()
        if stat.S_IFMT(now.st_mode) != stat.S_IFMT(was.st_mode):
            return "of another kind"
        if stat.S_IMODE(now.st_mode) != stat.S_IMODE(was.st_mode):
            return f"mode {stat.S_IMODE(now.st_mode):o}, was {stat.S_IMODE(was.st_mode):o}"
        if (now.st_uid, now.st_gid) != (was.st_uid, was.st_gid):
            return f"of {now.st_uid}:{now.st_gid}, was of {was.st_uid}:{was.st_gid}"
        if not stat.S_ISLNK(now.st_mode) and _access(path) != _access(beneath):
            return "another access list"
        if stat.S_ISLNK(now.st_mode):
            return "" if path.readlink() == beneath.readlink() else "leads elsewhere"
        same = not stat.S_ISREG(now.st_mode) or filecmp.cmp(path, beneath, shallow=False)
        return "" if same else "changed"
    except OSError:
        return ""


def _access(path: Path) -> list[bytes]:
    found = []
    for name in ACCESS:
        with contextlib.suppress(OSError):
            found.append(os.getxattr(path, name))
    return found


def when(box: Box, node: Node, path: str) -> float:
    """Since when a path is as it is; 0 if nobody knows."""
    try:
        return (box.files.scratch(node.name) / "upper" / path.lstrip("/")).lstat().st_ctime
    except OSError:
        return 0.0


def made(box: Box, node: Node, path: str) -> str:
    """What stood in a file when the box was made; empty if there was none."""
    file = dict(shown(layers_of(box, node), path)).get(path)
    return file.read_text() if file else ""


def leads_to(box: Box, node: Node, path: str) -> str:
    """Where a link leads that was made on a node; empty for what is none."""
    try:
        return str((box.files.scratch(node.name) / "upper" / path.lstrip("/")).readlink())
    except OSError:
        return ""


def told(found: dict[str, str]) -> str:
    """In words."""
    named = [f"{path} ({how})" for path, how in found.items()]
    return ", ".join([*named[:SHOWN], *([f"and {len(named) - SHOWN} more"] if len(named) > SHOWN else [])])


def _wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", BESIDE, ""))


def _settings(case: Case) -> Iterator[Seen]:
    """Programs and settings are those of the image, and nothing lies over them."""
    found = changed(case.box, case.here)
    drops, mounts, environment = _beside(case)
    found |= dict.fromkeys(drops.splitlines(), "until the next boot")
    found |= dict.fromkeys(mounts.splitlines(), "covered by a mount")
    names = [line for line in environment.split("\n") if line and not line.startswith(ENVIRONMENT)]
    found |= {f"the environment of systemd ({name})": "added" for name in names}
    if found:
        first = next(iter(found))
        yield Seen(
            f"are not as they were laid: {told(found)}",
            f"find / -xdev -newer /etc/hostname -path {quote(first)}",
            "\n".join(f"{path}: {how}" for path, how in found.items()),
            when(case.box, case.here, first),
            remedy=f"{_undone(case.here, found, names)}, then `{again(case)}` there",
        )


def _beside(case: Case) -> list[str]:
    """What ``BESIDE`` says; nothing of a node that can't be looked at, be it for what was changed there."""
    try:
        said = str(case.view.got(next(_wants(case.site, case.node)))["said"])
    except Unseen:
        return [""] * 3
    drops, mounts, environment = said.split("=\n", 2)
    # What a loader says before each program is none of it.
    return [_lines("/", drops), _lines("/", mounts), _lines(ASSIGNED, environment)]


def _lines(begins: str, text: str) -> str:
    return "\n".join(line for line in text.splitlines() if re.match(begins, line))


def _undone(node: Node, found: dict[str, str], names: list[str]) -> str:
    """What puts files back, takes away what was added, and uncovers what is hidden."""
    paths = [path for path in list(found)[:NAMED] if path.startswith("/")]
    added = [path for path in paths if found[path] in ("added", "until the next boot")]
    covered = [path for path in paths if found[path] == "covered by a mount"]
    laid = [path for path in paths if path not in (*added, *covered)]
    lines = (
        f"`./icebox restore {node} {join(laid)}`" if laid else "",
        f"`rm {join(added)}` on {node}" if added else "",
        f"`umount -l {join(covered)}` on {node}" if covered else "",
        f"`systemctl unset-environment {' '.join(name.partition('=')[0] for name in names)}` on {node}"
        if names
        else "",
    )
    return ", ".join(filter(None, lines))


def units_of(site: Site, node: Node) -> Want:
    """A look at the units of all services of a node."""
    units = [unit.format(vo=site.vo) for service in services_of(node.role) for unit in service.units]
    return Want(node.name, ("units", list(dict.fromkeys(units))))


def again(case: Case) -> str:
    """What has the services of a node begin anew, with what was put back."""
    units = " ".join(units_of(case.site, case.here).words[1])
    # The gatekeeper's job managers go on by the settings that they began with.
    managers = "; pkill globus-job-man || true" if case.here.role is Role.CE else ""
    return f"systemctl daemon-reload; systemctl reset-failed; systemctl restart {units}{managers}"


SETTINGS = Fact(
    name="settings",
    roles=tuple(role for role in ALL if role is not Role.UI),
    label="files of {node}",
    wants=_wants,
    judge=_settings,
    suspect=True,
    carries=(
        *("proxy", "login", "transfer", "match", "listed", "lookup"),
        *("any:job", "remote", "stored", "runs", "programs", "engine", "environment"),
    ),
    means="services and commands there do something else than on a fresh box",
)
# What keeps a student out of the UI is told by sshd itself.
OF_UI = (
    "proxy",
    "any:job",
    "any:transfer",
    "any:match",
    "any:listed",
    "any:lookup",
    "any:remote",
    "any:stored",
    "programs",
    "environment",
)
# What the batch server does with a job, its WN is asked about.
OF_CE = (*SETTINGS.carries, "any:runs")
FACTS = (
    replace(SETTINGS, roles=tuple(role for role in SETTINGS.roles if role is not Role.CE)),
    replace(SETTINGS, roles=(Role.CE,), carries=OF_CE),
    replace(SETTINGS, roles=(Role.UI,), carries=OF_UI),
)
