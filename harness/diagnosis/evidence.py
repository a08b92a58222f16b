"""How a finding is known: the command that shows it, what systemd and logs say, what was changed since."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.box.box import Box
from harness.diagnosis import view
from harness.diagnosis.fact import Seen, Unseen, View, Want
from harness.diagnosis.facts import settings
from harness.services.graph import Placed
from harness.services.service import Line, Service, Talk
from harness.site import Site

LINES = 6
"""Lines of a log that a finding shows."""
TYPED = {
    "tls": "openssl s_client -connect {at} </dev/null",
    "ldap": "ldapsearch -x -H ldap://{at} -s base -b '' objectClass",
    "ssh": "ssh-keyscan -p {port} {host}",
    "gridftp": "nc -w2 {host} {port}",
    "xrootd": "nc -zvw2 {host} {port}",
    "hangup": "nc -zvw2 {host} {port}",
}
"""What a person would type where the harness speaks with a service itself."""


@dataclass(frozen=True)
class Told:
    """What was found out about a broken link once it was known to be one."""

    log: tuple[str, ...] = ()
    since: float = 0.0


def mends_of(placed: Placed) -> tuple[str, ...]:
    """What may be typed to mend it: of a service, a restart of its units."""
    link = placed.link
    if link.mends or not isinstance(link, Service):
        return link.mends
    units = " ".join(link.units)
    # One that is stopped by a signal, or frozen, does not hear that it is to end.
    thaw = " ".join(f"systemctl thaw {unit}; systemctl kill -s CONT {unit};" for unit in link.units)
    return (f"({thaw} systemctl reset-failed {units}) 2>/dev/null; timeout 60 systemctl restart {units}",)


def of_service(placed: Placed, why: str, seen: View, box: Box) -> Seen:
    """What is wrong with a link that was asked: also what its unit says."""
    link, node = placed.link, placed.node
    more, since = _state(placed, seen, box) if isinstance(link, Service) and node else ("", 0.0)
    return Seen(f"{why}{more}", _typed(placed, box), why, since)


def _typed(placed: Placed, box: Box) -> str:
    for question in placed.link.asked:
        if isinstance(question, Talk) and placed.node:
            host = str(placed.node.address)
            line = TYPED.get(question.kind, "nc -w2 {host} {port}")
            return line.format(host=host, port=question.port, at=f"{host}:{question.port}")
        if isinstance(question, Line):
            return question.text
    return f"./icebox status --box {box.name}"


def _state(placed: Placed, seen: View, box: Box) -> tuple[str, float]:
    """In words, what systemd says of a service's units, and since when."""
    assert isinstance(placed.link, Service)
    assert placed.node is not None
    try:
        units = seen.got(settings.units_of(box.site, placed.node))
    except Unseen:
        return "", 0.0
    for name in (unit.format(vo=box.site.vo) for unit in placed.link.units):
        told = units.get(name, {})
        since = float(told.get("StateChangeTimestamp", "").lstrip("@") or 0)
        state = told.get("ActiveState", "")
        if told.get("stopped"):
            return f" ({told['stopped']} is stopped by a signal)", 0.0
        if told.get("FreezerState", "running") not in ("running", ""):
            return f" (its unit is {told['FreezerState']})", 0.0
        if told.get("SubState") == "auto-restart" or (
            int(told.get("NRestarts") or 0) > 1 and state != "active"
        ):
            return f" ({name} starts again and again: {told.get('NRestarts')} times so far)", since
        if state and state != "active":
            return f" ({name} is {state})", since
    return "", 0.0


def of(box: Box, placed: Mapping[Placed, Seen]) -> Mapping[Placed, Told]:
    """The last words of the units behind broken links, and what was changed on their nodes; never raises."""
    wants = {one: want for one in placed if (want := _journal(one, box.site))}
    seen, _ = view.take(box, wants.values()) if wants else (View(), {})
    found = {}
    for one, what in placed.items():
        log: list[str] = []
        with contextlib.suppress(Unseen):
            if one in wants:
                log = seen.got(wants[one])["said"].strip().splitlines()[-LINES:]
        changed = settings.changed(box, one.node) if one.node else {}
        found[one] = Told((*log, *_changes(one, changed)), _since(box, one, what, changed))
    return found


def _journal(placed: Placed, site: Site) -> Want | None:
    if not isinstance(placed.link, Service) or placed.node is None:
        return None
    units = " ".join(f"-u {unit.format(vo=site.vo)}" for unit in placed.link.units)
    line = f"journalctl --no-pager -q -o short-iso -n {LINES} {units}"
    return Want(placed.node.name, ("run", line, ""))


def _changes(placed: Placed, changed: dict[str, str]) -> Iterable[str]:
    if changed and placed.link.name != "settings":
        yield f"changed on {placed.node} since the box was made: {settings.told(changed)}"


def _since(box: Box, placed: Placed, seen: Seen, changed: dict[str, str]) -> float:
    """When the last of the files was changed that its remedy puts back: it was not broken so before."""
    words = (seen.remedy or placed.link.remedy).replace("`", " ").replace(",", " ").split()
    paths = tuple(word for word in words if word.startswith("/"))
    meant = [path for path in changed if paths and path.startswith(paths)]
    return max((settings.when(box, placed.node, path) for path in meant if placed.node), default=0.0)
