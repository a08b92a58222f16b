"""Facts of accounts: the same pool on every node, and homes that are shared, and their owners' own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.finding import Step
from harness.image.accounts import pool, software_manager
from harness.site import Node, Role, Site

WITH_POOL = (Role.CE, Role.WN, Role.SE, Role.RB)
BOOKS = ["/etc/passwd", "/etc/group"]
LISTED = "getent passwd; echo; getent group; echo; grep '^/' /etc/shells"
WRITES = (
    'f=$(mktemp "$HOME/.look.XXXXXX") && printf "#!/bin/sh\n" >"$f" && chmod 700 "$f" && "$f"; '
    'code=$?; [ -z "$f" ] || rm -f "$f"; exit $code'
)
"""What a job needs of its home: a program is laid there, and started."""
NOT_STARTED = 126
"""Of the shell, for a program that is there and can't be started: as it is mounted (noexec)."""
EXEC = "mount -o remount,exec /home || mount -o remount,bind,exec /home"
Entry = tuple[str, ...]
"""Number, number of the group, home and shell, as passwd(5) has them."""


def _listed(node: Node) -> Want:
    return Want(node.name, ("run", LISTED, ""))


def _with_pool(site: Site) -> list[Node]:
    return [node for node in site.nodes if node.role in WITH_POOL]


def _account_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield from map(_listed, _with_pool(site))
    yield Want(node.name, ("files", BOOKS, False))


def _accounts(case: Case) -> Iterator[Seen]:
    """Every pool account is there with the number, group and home that it has on other nodes, and a shell."""
    node = case.here
    for path, told in case.view.got(Want(node.name, ("files", BOOKS, False))).items():
        if told["mode"] & 0o444 != 0o444:
            yield Seen(
                f"have names that not everyone can read ({path}, mode {told['mode']:o})",
                f"ls -l {path}",
                since=told["changed"],
                remedy=f"`chmod 644 {path}` on {node}",
                steps=(Step(node.name, f"chmod 644 {path}"),),
            )
    ours, shells = _entries(case, node)
    usual = _usual(case)
    for name, right in usual.items():
        why = _wrong(ours.get(name), right, shells)
        if why:
            yield Seen(why.format(name=name), f"getent passwd {name}", ":".join(ours.get(name, ())))
            return


def _entries(case: Case, node: Node) -> tuple[dict[str, Entry], list[str]]:
    """What a node has of each account, and the shells that somebody may log in with (shells(5))."""
    passwd, groups, shells = case.view.got(_listed(node))["said"].split("\n\n", 2)
    by_name = {line.split(":")[0]: line.split(":") for line in passwd.splitlines() if line.count(":") == 6}
    known = {line.split(":")[2]: line.split(":")[0] for line in groups.splitlines() if line.count(":") == 3}
    found: dict[str, Entry] = {
        name: (words[2], f"{words[3]} ({known.get(words[3], 'no group')})", words[5], words[6])
        for name, words in by_name.items()
    }
    return found, shells.split()


def _usual(case: Case) -> dict[str, Entry]:
    """Of each pool account, what most nodes have of it."""
    seen: dict[str, Counter[Entry]] = {}
    for node in _with_pool(case.site):
        try:
            entries = _entries(case, node)[0]
        except (Unseen, ValueError):
            continue
        for name in (*pool(case.site.vo), software_manager(case.site.vo)):
            if name in entries:
                seen.setdefault(name, Counter())[entries[name]] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in seen.items()}


def _wrong(entry: Entry | None, right: Entry, shells: list[str]) -> str:
    if entry is None:
        return "are not all there: {name} is no account"
    number, group, home, shell = entry
    for has, should, what in zip((number, group, home), right, ("number", "group", "home"), strict=False):
        if has != should:
            return f"are not those of other nodes: {{name}} has the {what} {has}, there {should}"
    return "" if shell in shells else f"can't be used: {{name}} has the shell {shell}, which lets nobody in"


def _home_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", WRITES, f"{site.vo}001"))
    for each in dict.fromkeys((node, site.cluster(node))):
        yield Want(each.name, ("files", ["/home"], False))


def _homes(case: Case) -> Iterator[Seen]:
    """CE and WNs have one /home, and a pool account can write to its own there."""
    node, ce = case.here, case.site.cluster(case.here)
    here, there = (case.view.got(Want(each.name, ("files", ["/home"], False))) for each in (node, ce))
    one = here.get("/home", {}).get("place") == there.get("/home", {}).get("place")
    if not one:
        yield Seen(
            f"are not those of {ce}: what a job writes stays there",
            "findmnt /home; ls /home",
            remedy=f"`umount /home` on {node}, if something is mounted over it; else " + AGAIN,
        )
        return
    said = case.view.got(Want(node.name, ("run", WRITES, f"{case.site.vo}001")))
    if said["code"] == NOT_STARTED:
        yield Seen(
            f"have no program started that lies there: {said['said'].strip()[:200]}",
            "findmnt -no OPTIONS /home",
            said["said"],
            remedy=f"`{EXEC}` on {node}",
            steps=(Step(node.name, EXEC),),
        )
    elif said["code"]:
        mode = here["/home"]["mode"]
        fix = "chmod 755 /home"
        shut = mode & 0o011 != 0o011
        yield Seen(
            f"are shut to their owners: {said['said'].strip()[:200]}" + (f" (mode {mode:o})" if shut else ""),
            "ls -ld /home /home/*",
            said["said"],
            here["/home"]["changed"],
            of=ce.name if node != ce else "",
            remedy=f"`{fix}` on {node}" if shut else "",
            steps=(Step(node.name, fix),) if shut else (),
        )


def _students_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    keys = ["/home/*/.ssh", "/home/*/.ssh/authorized_keys"]
    yield Want(node.name, ("files", ["/home", "/home/*", *keys], False))


def _students_homes(case: Case) -> Iterator[Seen]:
    """Every student's home is his own."""
    homes = case.view.got(next(_students_wants(case.site, case.node)))
    for student in case.site.students:
        path = f"/home/{student.login}"
        told = homes.get(path)
        if told is None:
            yield Seen(f"are not all there: {path} is missing", f"ls -ld {path}")
        elif told["owner"] != student.login or told["mode"] & 0o700 != 0o700:
            fix = f"chown {student.login}: {path} && chmod 700 {path}"
            yield Seen(
                f"are not all usable: {path} is {told['owner']}'s (mode {told['mode']:o})",
                f"ls -ld {path}",
                since=told["changed"],
                remedy=f"`{fix}` on {case.here}",
                steps=(Step(case.here.name, fix),),
            )
            return
        elif why := _no_key(homes, path, student.login):
            yield Seen(
                f"are not all open: {student.login} can't log in by his key, {why}",
                f"ls -ld {path} {path}/.ssh {path}/.ssh/authorized_keys",
                remedy=f"`./icebox restore {case.here} {path}/.ssh`, then "
                f"`chmod go-w {path} {path}/.ssh {path}/.ssh/authorized_keys` on {case.here}",
            )
            return


def _no_key(homes: dict[str, dict[str, Any]], home: str, login: str) -> str:
    """Why sshd takes no key of a student (sshd_config(5), StrictModes)."""
    for path in (home, f"{home}/.ssh", f"{home}/.ssh/authorized_keys"):
        told = homes.get(path)
        if told is None:
            return f"{path} is missing"
        if told["mode"] & 0o022 or told["owner"] not in (login, "root"):
            return f"{path} is {told['owner']}'s (mode {told['mode']:o})"
    return ""


AGAIN = "./icebox stop --box {box}, then ./icebox start --box {box}, mounts it anew"
HOMES = Fact(
    name="homes",
    plain=True,
    roles=(Role.CE, Role.WN),
    label="homes of {node}",
    wants=_home_wants,
    judge=_homes,
    # A home that is not there, or another's, is the pool's matter.
    needs=("accounts", "disk", "pool@ce"),
    carries=("runs", "login", "any:job", "any:jobs"),
    told_by="WN-4",
    everywhere=True,
    means="what a job writes there does not come back, or its program does not start",
    remedy="`ls -ld /home /home/*` on {node}: each is its owner's alone; " + AGAIN,
)
FACTS = (
    Fact(
        name="accounts",
        plain=True,
        roles=WITH_POOL,
        label="pool accounts of {node}",
        wants=_account_wants,
        judge=_accounts,
        carries=("pool", "homes", "area", "runs", "staging", "spool"),
        means="jobs and files there are nobody's, or somebody else's",
        remedy="`./icebox restore {node} /etc/passwd /etc/group /etc/shadow`",
    ),
    HOMES,
    Fact(
        name="homes",
        plain=True,
        roles=(Role.UI,),
        label="homes of students on {node}",
        wants=_students_wants,
        judge=_students_homes,
        carries=("credentials", "student", "login", "proxy", "programs"),
        told_by="UI-1",
        means="that student can't log in, or do anything",
        remedy="`./icebox restore {node} /home` puts back what students were handed",
    ),
)
