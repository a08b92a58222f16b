"""Facts of what services may use: open files, memory, processes, their share of a processor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from shlex import join, quote

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts import settings
from harness.diagnosis.facts.network import ALL
from harness.diagnosis.finding import Step
from harness.services.registry import services_of
from harness.site import Node, Site

LEAST = {
    "Max open files": 64,
    "Max processes": 32,
    "Max file size": 1 << 30,
    "Max data size": 16 << 20,
    "Max address space": 64 << 20,
    "Max stack size": 64 << 10,
    "Max cpu time": 3600,
}
"""What no daemon that serves a class does with less of (proc_pid_limits(5)): numbers, bytes, seconds."""
USED, SPARE = {"Max open files": "files"}, 8
"""What it uses of that, and how much must be left."""
PORTS, MANY, USUAL = "/proc/sys/net/ipv4/ip_local_port_range", 1000, "32768 60999"
"""First and last port of a node's own connections (ip(7)); how many there must be, and what Linux has."""
SHARE = 0.2
"""Of one processor, from which on somebody waits for it."""
NEARLY = 0.95
"""Share of the memory that it is held to, from which on it is out of it."""
FORKS = 4
"""Processes that it must be able to start."""
HELD = ("cpu.max", "memory.high", "memory.max", "pids.max")
"""What holds a control group, and those below (cgroup v2), where a node has that."""
ASK = (
    "systemctl show --property=Id,MainPID,ControlGroup,DropInPaths -- {units} | while IFS= read -r l; do "
    'echo "$l"; v=${{l#*=}}; case $l in '
    "MainPID=[1-9]*) set -- /proc/$v/fd/*; echo files=$#; "
    'while read -r m; do echo "$m"; done </proc/$v/limits;; '
    'ControlGroup=/*) while [ "$v" ]; do for f in '
    "cpu.max memory.current memory.high memory.max pids.current pids.max; do f=/sys/fs/cgroup$v/$f; "
    '[ ! -r $f ] || {{ read -r m <$f; echo "$f=$m"; }}; done; v=${{v%/*}}; done;; esac; done'
)
"""Of units, with the limits of their first processes and of their control groups; the shell does it alone."""


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("files", [PORTS], True))
    named = (unit.format(vo=site.vo) for service in services_of(node.role) for unit in service.units)
    yield Want(node.name, ("run", ASK.format(units=" ".join(dict.fromkeys(named))), ""))


def _limits(case: Case) -> Iterator[Seen]:
    """No service is held to so little that it can't serve a class, and no node is short of ports."""
    ports, units = (case.view.got(want) for want in _wants(case.site, case.node))
    yield from _few_ports(case, ports.get(PORTS, {}).get("text", ""))
    for block in units["said"].split("\n\n"):
        told = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        limits = [line for line in block.splitlines() if line.startswith("Max ")]
        for what, probe in (*_of_process(told, limits), *_of_groups(told)):
            fix = _undone(case, told)
            yield Seen(
                f"lets {told['Id']} {what}",
                f"{probe}; systemctl cat {told['Id']}",
                block.strip(),
                degraded=True,
                remedy=f"`{fix}` on {case.here}",
                steps=(Step(case.here.name, fix),),
            )


def _few_ports(case: Case, said: str) -> Iterator[Seen]:
    first, last = map(int, said.split()) if said else (0, MANY)
    if last - first < MANY:
        fix = f"sysctl -w net.ipv4.ip_local_port_range='{USUAL}'"
        yield Seen(
            f"has no more than {last - first + 1} ports for connections of its own",
            f"cat {PORTS}",
            said,
            degraded=True,
            remedy=f"`{fix}` on {case.here}",
            steps=(Step(case.here.name, fix),),
        )


def _of_process(told: Mapping[str, str], limits: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name, most in ((line[:26].strip(), line[26:47].strip()) for line in limits):
        used = int(told.get(USED.get(name, ""), "0"))
        if most.isdigit() and (int(most) < LEAST.get(name, 0) or (used and int(most) - used < SPARE)):
            has = f", and it has {used}" if used else ""
            yield (
                f"have no more than {most} ({name.removeprefix('Max ')}{has})",
                f"cat /proc/{told['MainPID']}/limits",
            )


def _of_groups(told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path, value in told.items():
        group, _, name = path.rpartition("/")
        if name not in HELD or value.startswith("max") or not value:
            continue
        probe, most = f"cat {path}", int(value.split()[0])
        if name == "cpu.max" and most < SHARE * int(value.split()[1]):
            yield f"have {most / int(value.split()[1]):.0%} of a processor", probe
        elif name.startswith("memory.") and int(told.get(f"{group}/memory.current", 0)) >= NEARLY * most:
            yield f"have {most / 1e6:.1f} MB of memory, of which it uses all", probe
        elif name == "pids.max" and most - int(told.get(f"{group}/pids.current", 0)) < FORKS:
            yield f"have no more than {most} processes, and it has them", probe


def _undone(case: Case, told: Mapping[str, str]) -> str:
    """What frees it: what somebody laid over its unit goes, and it starts with what it should have."""
    changed = settings.changed(case.box, case.here)
    drops = [
        path
        for path in told.get("DropInPaths", "").split()
        if path.startswith("/run/") or changed.get(path) == "added"
    ]
    away = f"rm {join(drops)}; systemctl daemon-reload; " if drops else ""
    return f"{away}systemctl restart {quote(told['Id'])}"


CARRIES = (
    *("*", "pace", "door", "any:ways", "login", "transfer", "remote", "stored", "match", "listed", "lookup"),
    *("any:proxy", "any:job", "runs", "engine", "published", "members", "books"),
)
FACTS = (
    Fact(
        name="limits",
        roles=ALL,
        slows=True,
        label="{node}",
        wants=_wants,
        judge=_limits,
        carries=CARRIES,
        means="it serves a few, and then nobody",
    ),
)
