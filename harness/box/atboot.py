"""The unit of systemd that brings a box up when this machine boots, and takes it down before it goes off.

What the box runs leaves the unit's control group for its own (``harness.dom0.cgroup``), so that a box which
was started or stopped by hand is the same box.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from harness import durable, state, tool
from harness.dom0 import shelf
from harness.errors import HostError
from harness.ledger import Entry, Ledger

KIND = "unit"
"""In the ledger."""
UNITS = Path("/etc/systemd/system")
SLOWEST = 1200.0
"""Seconds for systemctl: a box may have to come down first."""
RUNS = Path("/run/systemd/system")
"""Is there where systemd runs the machine (sd_booted(3))."""
TEMPLATE = """\
# Made by icebox; `icebox disable --box {box}` removes it.
[Unit]
Description=Grid in a Box: the box {box}
Wants=network-online.target
After=network-online.target time-sync.target
RequiresMountsFor={mounts}
StartLimitIntervalSec=10min
StartLimitBurst=5

[Service]
Type=oneshot
RemainAfterExit=yes
User=root
{environment}ExecStart={icebox} --no-install start --if-down{trust} --box {box} --site {site}
ExecStop={icebox} --no-install stop --box {box}
TimeoutStartSec=90min
TimeoutStopSec=5min
KillMode=mixed
Restart=on-failure
RestartSec=20s

[Install]
WantedBy=multi-user.target
"""
"""A network that comes late is no reason to stay down; what is wrong five times is left to a person.  A start
gives up by itself before its time is over (``harness.box.patience``)."""


def check_host() -> None:
    """Raises HostError where no systemd runs this machine."""
    if not RUNS.is_dir():
        first = Path("/proc/1/comm").read_text().strip()
        raise HostError(
            "this machine is not run by systemd, so no unit brings a box up when it boots",
            where=str(RUNS),
            why=f"its first process is {first}",
            remedy="have what starts services here run ./icebox start --if-down, with --box and --site",
        )


def render(box: str, site: Path, disks: Sequence[str] = (), *, trusted: bool = False) -> str:
    """The text of a box's unit, which waits for directories with its ``disks``, too (systemd.unit(5),
    systemd.service(5))."""
    home, checkout = state.home(), state.checkout()
    other = f"Environment={quoted(f'ICEBOX_HOME={home}')}\n" if state.home_mark() else ""
    return TEMPLATE.format(
        box=box,
        mounts=" ".join(map(quoted, (str(checkout), str(home), str(site), *disks))),
        environment=other,
        trust=" --trust-students" if trusted else "",
        icebox=quoted(str(checkout / "icebox")).replace("$", "$$"),
        site=quoted(str(site)).replace("$", "$$"),
    )


def enable(box: str, site: Path, ledger: Ledger, *, trusted: bool = False) -> str:
    """Write the unit and have systemd start it at each boot; its name comes back.  Raises HostError."""
    text = render(box, site, shelf.directories(ledger), trusted=trusted)
    return write(f"icebox-{box}", text, ledger)


def write(name: str, text: str, ledger: Ledger) -> str:
    """The same of any unit, whose name gets what tells this state directory from others."""
    path = UNITS / f"{name}{state.home_mark()}.service"
    if os.path.lexists(path) and not any(each.key == str(path) for each in ledger.of_kind(KIND)):
        raise HostError(
            "there is a unit that no box has made",
            where=str(path),
            why="the ledger does not know it, so it is left alone",
            remedy="move it away, or choose another name with --box NAME",
        )
    entry = ledger.intend(KIND, str(path))
    try:
        durable.write(path, text, 0o644)
        _systemctl("daemon-reload")
        _systemctl("enable", path.name)
    except BaseException:
        undo(entry)
        ledger.gone(entry)
        raise
    return path.name


def activate(unit: str) -> None:
    """Let systemd know that the box is up, so that it takes it down in order before the machine goes off."""
    _systemctl("start", unit)


def undo(entry: Entry) -> None:
    """Remove a unit; the box itself stays as it is."""
    path = Path(entry.key)
    with contextlib.suppress(HostError):  # of a unit that was not written yet
        _systemctl("disable", path.name)
    path.unlink(missing_ok=True)
    durable.forget(path)
    if RUNS.is_dir():
        _systemctl("daemon-reload")
        with contextlib.suppress(HostError):  # of a unit that is not up, and so forgotten
            # It has no word for the box any more: systemd forgets it, and removes its control group.
            _systemctl("stop", path.name)


def quoted(text: str) -> str:
    """One word of a unit file (systemd.syntax(7)), in which nothing is a specifier."""
    for sign in ("\\", '"'):
        text = text.replace(sign, f"\\{sign}")
    return f'"{text}"'.replace("%", "%%")


def _systemctl(*words: str) -> None:
    typed = ["systemctl", *words]
    failed = HostError(
        f"`{' '.join(typed)}` failed",
        where="systemd of this machine",
        remedy="`systemctl status` and `journalctl -xe` tell more",
    )
    tool.said(typed, failed, seconds=SLOWEST)
