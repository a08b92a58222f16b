"""What this machine is set to that a box can't do with in its network; asked before anything is made."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from configparser import ConfigParser
from configparser import Error as ParsingError
from fnmatch import fnmatchcase
from pathlib import Path

from harness.errors import HostError
from harness.probes import clockkept

SYSCTL = ("etc/sysctl.conf", "etc/sysctl.d/*.conf", "run/sysctl.d/*.conf", "usr/lib/sysctl.d/*.conf")
"""Where sysctl.d(5) reads; of files of one name the first directory's counts."""
NETWORKD = tuple(f"{top}/systemd/network/*.network" for top in ("etc", "run", "usr/lib"))
PROFILES = tuple(
    f"{top}/NetworkManager/system-connections/*.nmconnection" for top in ("etc", "run", "usr/lib")
)
"""Connections of NetworkManager (nm-settings-keyfile(5)), and its settings (NetworkManager.conf(5))."""
SETTINGS = (
    *(f"{top}/NetworkManager/conf.d/*.conf" for top in ("etc", "run", "usr/lib")),
    "etc/NetworkManager/NetworkManager.conf",
)
FORBIDDEN = re.compile(
    r"^\s*-?net[./]ipv4[./](ip_forward|conf[./]all[./]forwarding)\s*=\s*0\s*$", re.MULTILINE
)


def check_clock() -> None:
    """Raises HostError if nobody synchronizes this machine's clock."""
    if not clockkept.is_kept_here():
        raise HostError(
            "nobody synchronizes this machine's clock",
            where="adjtimex(2)",
            why="certificates and proxies are refused where laptop and box are five minutes apart",
            remedy='apt-get install chrony; in a room without a time server put clock = "own" into [dom0]',
        )


def check_forwarding(paths: Iterable[str], root: Path = Path("/")) -> None:
    """Raises HostError if the settings ``paths`` can't be written, or this machine is not to forward."""
    for path in paths:
        if not os.access(path, os.W_OK):
            raise HostError(
                "this machine does not let interfaces forward",
                where=path,
                why="the setting can't be written, as in containers",
                remedy="start the box on the machine itself",
            )
    for file in _files(SYSCTL, root):
        if found := FORBIDDEN.search(file.read_text(errors="replace")):
            raise HostError(
                "this machine is not to forward",
                where=str(file),
                why=f"it says {found[0].strip()}; exposed interfaces forward for the box alone",
                remedy="delete that line",
            )


def check_managers(names: Sequence[str], root: Path = Path("/")) -> None:
    """Raises HostError if a manager of networks that runs would take an interface of the box's."""
    if (root / "run/systemd/netif").is_dir():
        _check_networkd(names, root)
    if (root / "run/NetworkManager").is_dir():
        _check_network_manager(names, root)


def _check_network_manager(names: Iterable[str], root: Path) -> None:
    """It leaves alone what others have made, unless a connection of its own names it."""
    spared = _unmanaged(root)
    for name in names:
        for file in _files(PROFILES, root):
            if not _connects(_parsed(file), name) or any(fnmatchcase(name, each) for each in spared):
                continue
            raise HostError(
                f"NetworkManager would take the box's interface {name} for one of its own",
                where=str(file),
                why="this connection names it, so it would change addresses there",
                remedy=f"write `[keyfile] unmanaged-devices=interface-name:{name}`, a word a line, into "
                f"/etc/NetworkManager/conf.d/90-{name}.conf, then `nmcli general reload`",
            )


def _connects(profile: ConfigParser, name: str) -> bool:
    """Whether a connection is brought up by itself on an interface of that name."""
    if profile.get("connection", "autoconnect", fallback="true").strip() == "false":
        return False
    named = profile.get("connection", "interface-name", fallback="").strip()
    matched = re.split(r"[;\s]+", profile.get("match", "interface-name", fallback=""))
    return named == name or any(fnmatchcase(name, each) for each in matched if each)


def _unmanaged(root: Path) -> list[str]:
    """Names, with wildcards, that its settings tell it to leave alone; the last file counts."""
    said = ""
    for file in sorted(_files(SETTINGS, root), key=lambda file: (file.parent.name == "conf.d", file.name)):
        said = _parsed(file).get("keyfile", "unmanaged-devices", fallback=said)
    return [
        each.removeprefix("interface-name:") for each in re.split(r"[;,\s]+", said) if "interface-" in each
    ]


def _check_networkd(names: Iterable[str], root: Path) -> None:
    for name in names:
        for file in sorted(_files(NETWORKD, root), key=lambda file: file.name):
            parsed = _parsed(file)
            if not _matches(parsed, name):
                continue
            if parsed.get("Link", "Unmanaged", fallback="no").lower() not in ("yes", "true", "1", "on"):
                raise HostError(
                    f"systemd-networkd would take the box's interface {name} for one of its own",
                    where=str(file),
                    why="its [Match] fits, so it would change addresses there",
                    remedy=f"write `[Match] Name={name} [Link] Unmanaged=yes`, a word a line, into "
                    f"/etc/systemd/network/00-{name}.network, then `networkctl reload`",
                )
            break


def _files(patterns: Sequence[str], root: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if path.name not in seen and path.is_file():
                seen.add(path.name)
                yield path


def _parsed(file: Path) -> ConfigParser:
    parsed = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parsed.read_string(file.read_text(errors="replace"))
    except ParsingError:
        return ConfigParser()
    return parsed


def _matches(parsed: ConfigParser, name: str) -> bool:
    """Whether an interface of that name fits, by its name and kind alone (systemd.network(5))."""
    match = dict(parsed["Match"]) if parsed.has_section("Match") else {}
    names, kinds = match.pop("Name", "").split(), match.pop("Type", "").split()
    by_name = any(fnmatchcase(name, each) for each in names) or not names
    return bool(names or kinds) and not match and by_name and (not kinds or "bridge" in kinds)
