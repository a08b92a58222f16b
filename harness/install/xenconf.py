"""What a Xen host is set to for an installed box: where machines are plugged in, and what comes up at boot.

Sources: xl.conf(5) (``vif.default.bridge``), systemd.unit(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness import durable, state
from harness.box import atboot
from harness.box.atboot import quoted
from harness.errors import HostError, InputError
from harness.ledger import Entry, Ledger, Undo
from harness.site import Site

CONF = Path("/etc/xen/xl.conf")
SETTING = "vif.default.bridge"
LINE = "line"
"""In the journal: a file, with the text that was added to it."""
PATIENCE = 15.0
UNIT = """\
# Made by icebox; `icebox configure-xen --undo` removes it.
[Unit]
Description=Grid in a Box: the network of the installed box {box}
Wants=network-online.target
After=network-online.target time-sync.target
Before=xendomains.service
RequiresMountsFor={mounts}

[Service]
Type=oneshot
RemainAfterExit=yes
{environment}ExecStart={icebox} --no-install network-gridbox start --box {box}
ExecStop={icebox} --no-install network-gridbox stop --box {box}
TimeoutStartSec=10min
Restart=on-failure
RestartSec=20s

[Install]
WantedBy=multi-user.target
"""
"""At boot the network is there before xendomains starts machines, and goes after it has ended them.  A clock
or an address that comes late is no reason to stay down."""


def journal() -> Ledger:
    """Of what is set on this machine, for any box."""
    return Ledger("xen", state.home() / "host")


def check() -> None:
    """Raises HostError where no Xen is installed."""
    if not CONF.parent.is_dir():
        raise HostError(
            "Xen is not installed on this machine",
            where=str(CONF.parent),
            why="there is no such directory",
            remedy="apt-get install xen-system-amd64, and boot its entry",
        )


def deeds(site: Site, box: str) -> Iterator[str]:
    """What would be done, a line each."""
    check()
    if found := _default():
        yield f"leave {SETTING} in {CONF} as it is: {found}" if found != site.bridge.name else _done()
    else:
        yield f"write {_line(site)} into {CONF}: machines are plugged in there where nothing else is said"
    if atboot.RUNS.is_dir():
        yield f"make a unit that has the network of the box {box} come up at each boot, before any machine"
    else:
        yield "make no unit, since no systemd runs this machine: have your init call network-gridbox"


def _done() -> str:
    return f"leave {CONF} as it is: it names the bridge already"


def configure(site: Site, box: str) -> None:
    """Do it; raises HostError."""
    check()
    ledger = journal()
    with ledger.locked(PATIENCE):
        if not _default():
            _add(_line(site), ledger)
        if atboot.RUNS.is_dir():
            atboot.write("icebox-network", _unit(box), ledger)


def undo() -> None:
    """Put it back as it was; raises InputError if there is nothing."""
    ledger = journal()
    if not ledger.open_entries():
        raise InputError("nothing on this machine was configured for Xen", where="--undo")
    with ledger.locked(PATIENCE):
        ledger.replay(UNDO)


def _line(site: Site) -> str:
    return f'{SETTING}="{site.bridge.name}"'


def _default() -> str:
    """The bridge that xl takes where a machine's configuration names none; empty for its own default."""
    for line in _text().splitlines():
        name, _, value = line.partition("=")
        if name.strip() == SETTING:
            return value.strip().strip("\"'")
    return ""


def _text() -> str:
    return CONF.read_text() if CONF.exists() else ""


def _add(line: str, ledger: Ledger) -> None:
    text = _text()
    added = ("" if text.endswith("\n") or not text else "\n") + line + "\n"
    ledger.intend(LINE, str(CONF), added=added, made="no" if CONF.exists() else "yes")
    durable.write(CONF, text + added)


def _undo_line(entry: Entry) -> None:
    """Take the line out again, wherever it stands now; what others changed beside it stays."""
    path = Path(entry.key)
    durable.forget(path)
    if not path.exists():
        return
    text, added = path.read_text(), entry.details["added"]
    # A line break that was put before it goes, too, where it is the last line still.
    own = added if text.endswith(added) else added.lstrip("\n")
    left = text.replace(own, "", 1)
    if not left.strip() and entry.details.get("made") == "yes":
        path.unlink()
    elif left != text:
        durable.write(path, left)


def _unit(box: str) -> str:
    home, checkout = state.home(), state.checkout()
    other = f"Environment={quoted(f'ICEBOX_HOME={home}')}\n" if state.home_mark() else ""
    mounts = " ".join(map(quoted, (str(checkout), str(home))))
    icebox = quoted(str(checkout / "icebox")).replace("$", "$$")
    return UNIT.format(box=box, mounts=mounts, environment=other, icebox=icebox)


UNDO: Mapping[str, Undo] = {LINE: _undo_line, atboot.KIND: atboot.undo}
