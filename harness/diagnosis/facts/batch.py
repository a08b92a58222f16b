"""Facts of the batch system and of pool accounts: keys that agree, open queues, WNs, accounts and homes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.finding import Step
from harness.site import Node, Role, Site

KEY = "/etc/munge/munge.key"
LEASES = "/etc/grid-security/gridmapdir/*"
QUEUES = "scontrol show partition -o"
OPEN = {
    "State": "up",
    "AllowGroups": "all",
    "AllowAccounts": "all",
    "AllowQos": "all",
    "AllocNodes": "all",
    "RootOnly": "no",
    "ReqResv": "no",
    "MaxNodes": "unlimited",
    "DisableRootJobs": "no",
    "MinNodes": "0",
    "Hidden": "no",
    "DefaultTime": "none",
}
"""What a queue has that everybody can use (scontrol(1), ``show partition``)."""
STATES = "sinfo -h -N -o '%N %t %E'"
RESERVATIONS = "scontrol -o show reservation"
TAKES = frozenset({"idle", "mix", "alloc", "comp"})
"""States in which a WN takes jobs, or is full of them (sinfo(1), NODE STATE CODES)."""
FEW = 0.1
"""Share of pool accounts that are free when it is told."""


def _key_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    for each in dict.fromkeys((node, site.cluster(node))):
        yield Want(each.name, ("run", f"sha256sum {KEY}", ""))
    yield Want(node.name, ("files", [KEY, "/etc/munge"], False))


def _key(case: Case) -> Iterator[Seen]:
    """CE and WN have the same key, which munge alone reads."""
    ours, *_, files = (case.view.got(want) for want in _key_wants(case.site, case.node))
    ce = case.site.cluster(case.here)
    theirs = case.view.got(Want(ce.name, ("run", f"sha256sum {KEY}", "")))
    since = files.get(KEY, {}).get("changed", 0.0)
    if KEY not in files:
        yield Seen("is missing", f"ls -l {KEY}")
    elif files[KEY]["owner"] != "munge" or files[KEY]["mode"] & 0o077 or not files[KEY]["mode"] & 0o400:
        told = f"owner {files[KEY]['owner']}, mode {files[KEY]['mode']:o}"
        yield Seen(f"is not munge's alone to read ({told})", f"ls -l {KEY}", told, since)
    elif not theirs["code"] and _hash(ours["said"]) != _hash(theirs["said"]) and case.here != ce:
        yield Seen(f"is not that of {ce}", f"sha256sum {KEY}", f"{ours['said']}{theirs['said']}", since)


def _hash(said: str) -> str:
    """What sha256sum(1) came to, without what a loader said before it."""
    return "".join(re.findall(r"^[0-9a-f]{64}\b", said, re.MULTILINE))


def _queue_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", QUEUES, ""))


def _queues(case: Case) -> Iterator[Seen]:
    """Each queue takes jobs and starts them."""
    said = case.view.got(Want(case.here.name, ("run", QUEUES, "")))
    if said["code"]:
        return  # the scheduler's own trouble
    lines = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in said["said"].splitlines()]
    found = {each.get("PartitionName"): each for each in lines}
    for queue in case.site.queues:
        why = _closed_by(found.get(queue.name, {}), queue.minutes)
        if why:
            yield Seen(
                f"has its queue {queue.name} closed: {why}",
                f"scontrol show partition {queue.name}",
                said["said"][:600],
                remedy=f"`scontrol update partitionname={queue.name} state=UP allowgroups=ALL nodes=ALL` "
                f"on {case.here}; `scontrol reconfigure` there has what else its settings say",
            )


def _closed_by(told: dict[str, str], minutes: int) -> str:
    """Why nobody gets through a queue, by its line of ``scontrol show partition``; empty if all do."""
    if not told:
        return "it is not there"
    if told.get("Nodes") == "(null)":
        return "it has no WN"
    wrong = next((key for key, right in OPEN.items() if told.get(key, right).lower() != right), "")
    if wrong:
        return f"its {wrong} is {told[wrong]}"
    lasts = _minutes(told.get("MaxTime", ""))
    return f"its jobs may take {lasts} minutes, not {minutes}" if 0 <= lasts < minutes else ""


def _minutes(text: str) -> int:
    """Of a time as Slurm writes it, ``days-hours:minutes:seconds``; -1 for none such."""
    found = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):\d+", text)
    days, hours, minutes = map(int, found.groups("0")) if found else (0, 0, -1)
    return (days * 24 + hours) * 60 + minutes


def _reserved_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(site.cluster(node).name, ("run", RESERVATIONS, ""))


def _reserved(case: Case) -> Iterator[Seen]:
    """Nobody keeps the WN for others."""
    said = case.view.got(next(_reserved_wants(case.site, case.node)))
    for line in said["said"].splitlines() if not said["code"] else ():
        told = dict(re.findall(r"(\w+)=(\S+)", line))
        if told.get("State") == "ACTIVE" and _lists(told.get("Nodes", ""), case.here.name):
            name = told["ReservationName"]
            yield Seen(
                f"is kept for {told.get('Users', 'others')} until {told.get('EndTime', 'somebody ends it')}: "
                f"reservation {name}",
                RESERVATIONS,
                line,
                remedy=f"`scontrol delete reservationname={name}` on the CE",
            )


def _lists(hosts: str, name: str) -> bool:
    """Whether a host list of Slurm names a WN: names, or a beginning with numbers in brackets."""
    for begin, numbers in re.findall(r"([^,\[]+)(?:\[([^\]]*)\])?", hosts):
        rest = name.removeprefix(begin)
        if not numbers and not rest:
            return True
        bounds = [part.partition("-") for part in numbers.split(",")] if numbers and rest.isdecimal() else []
        if any(int(low) <= int(rest) <= int(high or low) for low, _, high in bounds):
            return name.startswith(begin)
    return False


def _pool_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("files", [LEASES], False))
    homes = ["/etc/grid-security/gridmapdir", "/home", f"/home/{site.vo}*", f"/home/{site.vo}*/.globus"]
    yield Want(node.name, ("files", homes, False))
    yield Want(node.name, ("run", "getent passwd | cut -d: -f1,6,7", ""))


def _pool(case: Case) -> Iterator[Seen]:
    """Enough accounts are free, each is there, and has a home of its own."""
    leases, homes, passwd = (case.view.got(want) for want in _pool_wants(case.site, case.node))
    vo = case.site.vo
    pool = {path.rpartition("/")[2]: told for path, told in leases.items()}
    pool = {name: told for name, told in pool.items() if re.fullmatch(rf"{re.escape(vo)}(sgm)?\d+", name)}
    accounts = dict(line.split(":")[:2] for line in passwd["said"].splitlines() if line.count(":") >= 2)
    free = [name for name, told in pool.items() if told["links"] < 2]
    count = f"{len(free)} of {len(pool)} accounts are free"
    probe = "ls -li /etc/grid-security/gridmapdir"
    if not free:
        yield Seen("are used up: no further student gets one", probe, count, remedy=LET_GO)
    elif len(free) < len(pool) * FEW:
        yield Seen(f"are nearly used up: {count}", probe, count, degraded=True, remedy=LET_GO)
    for name in pool:
        home = homes.get(f"/home/{name}")
        if name in accounts and (home is None or home["owner"] != name or home["mode"] & 0o700 != 0o700):
            why = "has no home" if home is None else f"has a home of {home['owner']} (mode {home['mode']:o})"
            fix = f"install -d -o {name} -g $(id -g {name}) -m 700 /home/{name}"
            yield Seen(
                f"are not all usable: {name} {why}",
                f"ls -ld /home/{name}",
                since=home["changed"] if home else 0.0,
                remedy=f"`{fix}` on {case.here}",
            )
            return
        own = homes.get(f"/home/{name}/.globus")
        if name in accounts and own and (own["owner"] != name or own["mode"] & 0o700 != 0o700):
            yield _not_its_own(case.here.name, name, own)
            return
    directory = homes.get("/etc/grid-security/gridmapdir")
    if directory and (directory["owner"] != "root" or directory["mode"] & 0o700 != 0o700):
        yield Seen(
            f"can't be leased: their directory is {directory['owner']}'s, mode {directory['mode']:o}",
            "ls -ld /etc/grid-security/gridmapdir",
        )


def _not_its_own(node: str, name: str, told: Mapping[str, Any]) -> Seen:
    """Of the directory in which job managers of a pool account write."""
    path = f"/home/{name}/.globus"
    fix = f"chown -R {name}: {path}; chmod u+rwx {path}"
    return Seen(
        f"are not all usable: {path} is {told['owner']}'s (mode {told['mode']:o})",
        f"ls -ld {path}",
        since=told["changed"],
        remedy=f"`{fix}` on {node}",
        steps=(Step(node, fix),),
    )


LET_GO = (
    "a link in /etc/grid-security/gridmapdir on {node} that stands for a student who is gone can be removed"
)


RESTORE = "`./icebox restore {node} /etc/munge`, then"
MUNGEKEY = Fact(
    name="mungekey",
    plain=True,
    roles=(Role.CE,),
    # systemd has given up what ended so often with that key.
    remedy=f"{RESTORE} `systemctl reset-failed munge; systemctl restart munge slurmctld` there",
    label="the key by which the batch system knows its own, on {node}",
    wants=_key_wants,
    judge=_key,
    carries=("munge", "slurmd"),
    told_by="WN-1",
    everywhere=True,
    means="CE and WN don't trust each other: no batch job starts",
)
FACTS = (
    MUNGEKEY,
    replace(
        MUNGEKEY,
        roles=(Role.WN,),
        remedy=f"{RESTORE} `systemctl reset-failed munge; systemctl restart munge slurmd` there",
    ),
    Fact(
        name="queues",
        plain=True,
        roles=(Role.CE,),
        label="{node}",
        wants=_queue_wants,
        judge=_queues,
        needs=("slurmctld",),
        carries=("published", "any:jobs"),
        told_by="CE-2",
        means="jobs wait without end",
    ),
    Fact(
        name="reserved",
        plain=True,
        roles=(Role.WN,),
        label="{node}",
        wants=_reserved_wants,
        judge=_reserved,
        needs=("slurmctld",),
        carries=("slurmd",),
        told_by="WN-1",
        everywhere=True,
        means="no job of a student runs on this WN",
    ),
    Fact(
        name="pool",
        plain=True,
        roles=(Role.CE, Role.SE),
        label="pool accounts of {node}",
        wants=_pool_wants,
        judge=_pool,
        carries=("login", "transfer"),
        means="students are let in as nobody: error code 7, or 530 Login incorrect",
        remedy="`systemd-tmpfiles --create` on {node}",
    ),
)
