"""The network of an installed box in this machine's own: bridge, NAT and port table, as the original's.

It is what the local dom0 lays, without anything beside the machine: nodes ask this machine's name servers, so
their names have to lead here by some DNS provider, or by what the site file's own box serves.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Sequence

from harness import state
from harness.dom0 import hostcheck, hostnet, lan
from harness.dom0.hostnet import HostNetwork
from harness.dom0.lan import Lan
from harness.errors import HostError, InputError
from harness.ledger import Ledger, LedgerBusyError
from harness.network import sysctl
from harness.site import Site

WHOLE = "kept"
"""In its journal, with the box's name, once all is there."""
PATIENCE = 15.0
"""Seconds to wait for another process that makes or removes the same."""
UNDO = {**lan.UNDO, WHOLE: lambda _: None}


def journal() -> Ledger:
    """Where the network is written down."""
    return lan.of_machine()


def start(box: str, site: Site) -> bool:
    """Have the network stand, with the port table as it is now; whether it had to be made.

    Raises HostError for what on this machine is in its way, and InputError for another box's.
    """
    ledger = journal()
    with ledger.locked(PATIENCE):
        _refuse_other(box, ledger)
        laid, placed = _lan(box, ledger), HostNetwork.placed(site)
        if ledger.of_kind(WHOLE) and not laid.gone():
            laid.again(placed, _addresses(site), None)
            return False
        ledger.replay(UNDO)
        hostcheck.check(placed, None)
        try:
            _make(laid, placed)
        except BaseException:
            ledger.replay(UNDO)
            raise
        ledger.intend(WHOLE, box)
        return True


def _make(laid: Lan, site: Site) -> None:
    bridge = site.bridge
    laid.open(site, None)
    settings = [f"echo {value} > {path}" for path, value in sysctl.of_bridge(bridge.name)]
    address = f"ip address add {bridge.interface} dev {bridge.name}"
    laid.make(bridge.name, "02", "type bridge", *settings, address)


def stop(box: str) -> bool:
    """Remove the network; whether there was one.  Raises HostError while machines are plugged in."""
    ledger = journal()
    with ledger.locked(PATIENCE):
        _refuse_other(box, ledger)
        for entry in ledger.of_kind(lan.LINK):
            if plugged := _plugged(entry.key):
                raise HostError(
                    f"machines are plugged in at the bridge {entry.key}",
                    where=f"bridge link show master {entry.key}",
                    why=", ".join(plugged),
                    remedy="shut them down first: `xl list`, `xl shutdown -w NAME`",
                )
        return bool(ledger.replay(UNDO))


def wrong(box: str, site: Site) -> str:
    """What is not as it should be with the network, in words; empty if it stands."""
    ledger = journal()
    _refuse_other(box, ledger)
    if not ledger.of_kind(WHOLE):
        return "is not up"
    return _lan(box, ledger).disturbed(site, _addresses(site))


def clean() -> bool:
    """Remove what a start that was killed has left; whether there was anything."""
    ledger = journal()
    with contextlib.suppress(LedgerBusyError):
        if ledger.open_entries():
            with ledger.locked():
                return not ledger.of_kind(WHOLE) and bool(ledger.replay(UNDO))
    return False


def _refuse_other(box: str, ledger: Ledger) -> None:
    for entry in ledger.of_kind(WHOLE):
        if entry.key != box:
            raise InputError(
                f"the network on this machine is that of the box {entry.key!r}",
                where="--box",
                why="there can be one on a machine",
                remedy=f"./icebox network-gridbox stop --box {entry.key}, or name that box",
            )


def _lan(box: str, ledger: Ledger) -> Lan:
    return Lan(box, state.identity(), ledger, next(iter(hostnet.name_servers()), None))


def _addresses(site: Site) -> dict[str, str]:
    return {site.bridge.name: str(site.bridge.interface)}


def _plugged(bridge: str) -> Sequence[str]:
    done = subprocess.run(["ip", "-j", "link", "show", "master", bridge], capture_output=True, text=True)
    return sorted(each["ifname"] for each in json.loads(done.stdout or "[]") if each)
