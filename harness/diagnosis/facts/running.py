"""Facts of what a node keeps running, and where its programs write: units, directories, devices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts import settings
from harness.diagnosis.facts.network import ALL
from harness.diagnosis.finding import Step
from harness.services.registry import services_of
from harness.site import Node, Role, Site

UNITS = "/etc/systemd/system"
DONE = {"enable": "disabled", "unmask": "masked"}
"""What was done to a unit, by what undoes it."""
SWEEPER = ("icebox-sweeper.timer", "icebox-sweeper.service")
DIRECTORIES: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.CE: (
        ("slurm", "/var/lib/slurm/slurmctld"),
        ("slurm", "/var/lib/globus/globus-seg-pbs"),
        ("munge", "/var/lib/munge"),
        ("munge", "/var/log/munge"),
        ("openldap", "/run/bdii"),
    ),
    Role.WN: (("munge", "/var/lib/munge"), ("munge", "/var/log/munge"), ("root", "/var/lib/slurm/slurmd")),
    Role.SE: (("xrootd", "/var/spool/xrootd"), ("xrootd", "/var/log/xrootd"), ("openldap", "/run/bdii")),
    Role.RB: (
        ("mysql", "/var/lib/mysql"),
        ("condor", "/var/spool/condor"),
        ("condor", "/var/log/condor"),
        ("www-data", "/var/lib/icebox-catalogue"),
        ("voms", "/var/log/voms"),
        ("root", "/var/lib/icebox/wms/jobs"),
        ("root", "/var/lib/icebox/wms/proxies"),
        ("openldap", "/run/bdii"),
    ),
}
"""Where daemons keep their own books, each with its account."""
STORE = "/var/lib/myproxy"
KEEPER = "myproxy"
DEVICES, EVERYONES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"), 0o666
OTHERS = ("debian-*.flag", "mariadb_upgrade_info", "ProcLog", "catalogue.db*")
"""Files there that are root's, or that another fact judges."""
PLAIN = re.compile(r"[A-Za-z0-9._/@:+-]+")
"""A daemon may give what is root's there another name, which root is to type: only such paths are told."""


def _unit_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("meant",))


def _idle(case: Case) -> dict[str, dict[str, str]]:
    """Units of the node that should be running, and are not, or that failed and may be tried again soon."""
    found = {}
    for told in case.view.got(next(_unit_wants(case.site, case.node))):
        sound = told.get("ActiveState") in ("active", "activating", "reloading")
        sound = sound and told.get("SubState") != "auto-restart"
        # What somebody starts by hand (systemd-run) is no part of the node.
        if told.get("Id") and not sound and told.get("Transient") != "yes":
            found[told["Id"]] = told
    return found


def _units(case: Case) -> Iterator[Seen]:
    """What is enabled is active, and no unit has failed: what is no service of its own counts here.

    Services, too, are enabled as they were when the box was made.
    """
    services = {
        unit.format(vo=case.site.vo): each.name for each in services_of(case.here.role) for unit in each.units
    }
    idle = {name: told for name, told in _idle(case).items() if name not in {*services, *SWEEPER}}
    yield from _told(case, idle)
    # One that does not even run is told of by itself.
    told = {
        *idle,
        *SWEEPER,
        *(unit for unit, name in services.items() if (case.here.name, name) in case.silent),
    }
    yield from _shut_off(case, {name: how for name, how in _off(case).items() if name not in told})


def _sweeper(case: Case) -> Iterator[Seen]:
    """The timer waits, and what it started last did not fail."""
    yield from _told(case, {name: told for name, told in _idle(case).items() if name in SWEEPER})
    yield from _shut_off(case, {name: how for name, how in _off(case).items() if name in SWEEPER})


def _off(case: Case) -> dict[str, str]:
    """Units that do not start any more when the node does, each with the word of systemctl(1) for that."""
    box, node = case.box, case.here
    found: dict[str, str] = {}
    for path, how in settings.changed(box, node).items():
        if not path.startswith(UNITS):
            continue
        gone = settings.came(box, node, path) if how == "removed" else []
        found |= {each.rpartition("/")[2]: "enable" for each in gone if ".wants/" in each}
        if how in settings.NEW and settings.leads_to(box, node, path) == "/dev/null":
            found[path.rpartition("/")[2]] = "unmask"
    return found


def _shut_off(case: Case, off: dict[str, str]) -> Iterator[Seen]:
    for name, undo in off.items():
        fix = f"systemctl {undo} {quote(name)}; systemctl start {quote(name)}"
        yield Seen(
            f"will come up without {name}: somebody has {DONE[undo]} it",
            f"systemctl is-enabled {name}",
            degraded=True,
            remedy=f"`{fix}` on {case.here}",
            steps=(Step(case.here.name, fix),),
        )


def _told(case: Case, idle: dict[str, dict[str, str]]) -> Iterator[Seen]:
    for name, told in idle.items():
        unit = quote(name)  # backslashes stand in the name of one for a path
        fix = f"systemctl reset-failed {unit} 2>/dev/null; systemctl start {unit}"
        yield Seen(
            f"has {name} {told['ActiveState']} ({told.get('SubState', '')})",
            f"systemctl status {unit}",
            "\n".join(f"{key}={value}" for key, value in told.items()),
            float(told.get("StateChangeTimestamp", "").lstrip("@") or 0),
            degraded=True,
            remedy=f"`systemctl start {unit}` on {case.here}; `journalctl -u {unit}` there says why it ended",
            steps=(Step(case.here.name, fix),),
        )


def _directory_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield _devices(node)
    yield Want(node.name, ("files", [path for _, path in DIRECTORIES.get(node.role, ())], False))
    yield from _writes(node)
    yield settings.units_of(site, node)


def _devices(node: Node) -> Want:
    return Want(node.name, ("files", list(DEVICES), False))


def _writes(node: Node) -> Iterator[Want]:
    accounts: dict[str, list[str]] = {}
    for account, path in DIRECTORIES.get(node.role, ()):
        accounts.setdefault(account, []).append(path)
    yield from (Want(node.name, ("writable", *each, list(OTHERS))) for each in accounts.items())


def _spool(case: Case) -> Iterator[Seen]:
    """Daemons can write where they keep their books, and /dev has the devices that every program uses."""
    devices, files = (case.view.got(want) for want in list(_directory_wants(case.site, case.node))[:2])
    for path in DEVICES:
        told = devices.get(path)
        if not told or not told["device"] or told["mode"] != EVERYONES:
            what = "a device" if told and told["device"] else "no device"
            how = f"it is {what}, mode {told['mode']:o}" if told else "it is missing"
            yield Seen(
                f"has no device {path} that everyone can use ({how})", f"ls -l {path}", how, remedy=AGAIN
            )
    seen = {want.words[1]: case.view.got(want) for want in _writes(case.here)}
    held = [
        (account, mode, path)
        for account, directories in seen.items()
        for each in directories.values()
        for mode, path in each["held"]
        if PLAIN.fullmatch(path)
    ]
    yield from _held(case, held)
    for account, directories in seen.items():
        for path, each in directories.items():
            if each["error"]:
                yield from _unwritable(case, account, path, each["error"], files.get(path))


def _unwritable(
    case: Case, account: str, path: str, why: str, told: Mapping[str, Any] | None
) -> Iterator[Seen]:
    if told is None and path.startswith("/run/"):
        return  # systemd makes it with the service, and takes it away: that tells itself
    fix = f"chown -R {account}: {path} && chmod u+rwx {path}"
    how = f" ({told['owner']}'s, mode {told['mode']:o})" if told else ", which is no directory"
    yield Seen(
        f"does not let {account} write to {path}{how}",
        f"ls -ld {path}",
        f"{path}: {why}",
        told["changed"] if told else 0.0,
        remedy=f"`{fix}` on {case.here}, and start its services again",
        steps=(Step(case.here.name, fix), Step(case.here.name, _start(case))),
    )


def _held(case: Case, files: list[tuple[str, str, str]]) -> Iterator[Seen]:
    """Where a service does not run, root has made no file of its own: other files there are no trouble."""
    if not files:
        return
    units = case.view.got(settings.units_of(case.site, case.here)).values()
    # One that ends as soon as it is started is active now and then.
    dead = any((told.get("ActiveState"), told.get("NRestarts", "0")) != ("active", "0") for told in units)
    for account, mode, path in files[: int(dead)]:
        names = " ".join(quote(name) for *_, name in files)
        fix = f"chown -h {account}: {names} && chmod u+rw {names}"
        more = f", and {len(files) - 1} more files" if len(files) > 1 else ""
        yield Seen(
            f"does not let {account} write to {path} (root's, mode {mode}){more}",
            f"ls -l {path}",
            "\n".join(" ".join(each) for each in files),
            remedy=f"`{fix}` on {case.here}, and start its services again",
            steps=(Step(case.here.name, fix), Step(case.here.name, _start(case))),
        )


def _start(case: Case) -> str:
    """What died for want of its books is started; what runs is left alone."""
    units = (unit for each in services_of(case.here.role) for unit in each.units)
    return f"systemctl start {' '.join(dict.fromkeys(units)).format(vo=case.site.vo)}"


def _store_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("files", [STORE, f"{STORE}/*"], False))


def _store(case: Case) -> Iterator[Seen]:
    """The store is MyProxy's alone, as it wants it (myproxy-server(8))."""
    files = case.view.got(next(_store_wants(case.site, case.node)))
    told = files.get(STORE)
    strange = [path for path, each in files.items() if each["owner"] != KEEPER]
    if told and told["mode"] & 0o777 == 0o700 and not strange:
        return
    fix = f"install -d -o {KEEPER} -g {KEEPER} -m 700 {STORE} && chown -R {KEEPER}: {STORE}"
    how = f"{told['owner']}'s, mode {told['mode']:o}" if told else "missing"
    more = f", with {strange[-1]} of {files[strange[-1]]['owner']}" if strange and strange != [STORE] else ""
    yield Seen(
        f"is not {KEEPER}'s alone ({how}{more})",
        f"ls -la {STORE}",
        since=told["changed"] if told else 0.0,
        remedy=f"`{fix}` on {case.here}",
        steps=(Step(case.here.name, fix),),
    )


AGAIN = "./icebox stop --box {box}, then ./icebox start --box {box}, makes them anew"
FACTS = (
    Fact(
        name="units",
        roles=ALL,
        label="{node}",
        wants=_unit_wants,
        judge=_units,
        means="what it does in the background is not done any more",
    ),
    Fact(
        name="sweeper",
        roles=(Role.SE,),
        label="{node}",
        wants=_unit_wants,
        judge=_sweeper,
        # It asks the catalogue, as a client of the grid does.
        needs=("catalogue", "books", "disk", "authority", "hostcert", "names", "ways", "settings"),
        told_by="CAT-4",
        everywhere=True,
        means="what broken-off transfers leave stays, until the disk is full",
    ),
    Fact(
        name="spool",
        plain=True,
        roles=ALL,
        label="{node}",
        wants=_directory_wants,
        judge=_spool,
        needs=("disk",),
        carries=(
            *("*", "runs", "login", "job", "transfer", "match", "lookup", "proxy"),
            *("programs", "staging", "engine", "remote", "stored"),
        ),
        means="a service loses what it should remember, or does not start",
    ),
    Fact(
        name="myproxystore",
        plain=True,
        roles=(Role.RB,),
        label="the store of MyProxy",
        wants=_store_wants,
        judge=_store,
        needs=("disk",),
        carries=("myproxy", "stored"),
        told_by="MYP-1",
        means="no proxy can be left there, or taken out",
    ),
)
