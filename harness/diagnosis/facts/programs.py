"""Facts of programs: what students and their jobs type is there, for the account that types it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from shlex import join, quote
from typing import Any

from harness.command import TIMED_OUT
from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts.network import ALL
from harness.diagnosis.facts.settings import again, changed
from harness.diagnosis.finding import Step
from harness.dom0.place import PYTHON
from harness.services.graph import STARTS
from harness.site import Node, Role, Site

DATA = (
    "globus-url-copy edg-gridftp-ls lcg-cr lcg-cp lcg-del lcg-lr lcg-infosites lfc-ls lfc-mkdir xrdcp "
    "ldapsearch voms-proxy-info globus-job-run"
)
TYPED = {
    Role.UI: f"{DATA} voms-proxy-init glite-job-submit glite-job-status glite-job-output "
    "glite-wms-job-submit myproxy-init globus-job-submit",
    Role.WN: f"{DATA} qsub qstat python3",
    Role.CE: "qsub qstat qdel pbsnodes",
}
"""What the guide and its jobs call by name."""


LACKS = "no: "
FOUND = f"for c in {{typed}}; do command -v $c || echo {LACKS}$c; done"
"""Where each command is found: a path, or the name alone for a function of the shell (sh(1))."""
BINARIES = (
    "/usr/bin/edg-* /usr/bin/glite-* /usr/bin/globus-* /usr/bin/grid-* /usr/bin/lcg-* /usr/bin/lfc-* "
    "/usr/bin/myproxy-* /usr/bin/q* /opt/edg/bin/* /opt/glite/bin/* /opt/lcg/bin/*"
)
STARTED = (
    f"for p in {BINARIES}; do [ -f $p ] || continue; [ -r $p ] || {{ echo $p can not be read; continue; }}; "
    'IFS= read -r l <$p; case $l in "#!"*) set -- ${l#??}; [ -x $1 ] || echo $p wants $1; '
    "case $1,$2 in */env,[!-]*) command -v $2 >/dev/null || echo $p wants $2;; esac;; esac; done"
)
"""Which grid commands have no interpreter; the shell does it alone, in a thousandth of a second."""
BEGUN = {
    Role.WN: ("lcg-infosites --help", "lcg-cp --help", "/usr/bin/globus-url-copy -version", "ldapsearch -VV"),
    Role.CE: ("qstat --version",),
}
"""Commands that say something of themselves, one of each kind: where no student tries them they are begun."""
BEGIN = (
    "said=$({command} 2>&1 </dev/null); code=$?; "
    'case "$code $said" in 12[67]\\ *|*"Traceback (most recent"*) '
    'echo "! {name} $(echo "$said" | tail -1)";; esac'
)
END = "done"
DOTS = ".bash_profile .bash_login .profile .bashrc .bash_aliases"
OTHERS = """\
for u in {logins}; do for f in {dots}; do [ -e /home/$u/$f ] || continue
[ -f /home/$u/$f ] && cmp -s /home/$u/$f /etc/skel/$f || {{ echo = $u
timeout $PATIENCE setpriv --reuid=$u --regid=$(id -g $u) --init-groups \
env -i HOME=/home/$u USER=$u LOGNAME=$u PATH=/usr/bin:/bin LC_ALL=C \
$(getent passwd $u | cut -d: -f7) -lc '{line}' 2>&1; break; }}; done; done"""
"""The same for each student who has a dot file that is his own: others have what the first one has.

Root reads plain files alone: of a pipe that nobody writes to there is no end."""


def _line(role: Role) -> str:
    begun = [BEGIN.format(command=each, name=each.split()[0]) for each in BEGUN.get(role, ())]
    return "; ".join((FOUND.format(typed=TYPED[role]), STARTED, *begun, f"echo {END}"))


def account_of(site: Site, node: Node) -> str:
    """Who types there, as far as this is looked at: a student, or who a job runs as."""
    return site.students[0].login if node.role is Role.UI else f"{site.vo}001"


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", _line(node.role), account_of(site, node)))
    if node.role is Role.UI:
        line = f"{FOUND.format(typed=TYPED[node.role])}; echo {END}"
        logins = " ".join(student.login for student in site.students[1:])
        yield Want(node.name, ("run", OTHERS.format(logins=logins, dots=DOTS, line=line), ""))


def _programs(case: Case) -> Iterator[Seen]:
    """Whoever logs in there, or runs a job, finds every command that the guide names, and it can start."""
    own, *others = _wants(case.site, case.node)
    said = case.view.got(own)["said"].strip().splitlines()
    found = list(_of(case, account_of(case.site, case.here), said))
    yield from found
    for want in others:
        if found and case.view.late(want):
            return  # a student's own files may wait without end, and hide nothing of what others have
        for part in ("\n" + case.view.got(want)["said"]).split("\n= ")[1:]:
            login, *lines = part.strip().splitlines()
            for seen in _of(case, login, lines):
                yield replace(seen, degraded=True)  # one student's trouble, and his own


def _of(case: Case, account: str, said: list[str]) -> Iterator[Seen]:
    *lacking, last = [line for line in said if not (line.startswith("/") and " " not in line)] or [""]
    typed = set(TYPED[case.here.role].split())
    gone = [line.removeprefix(LACKS) for line in lacking if line.startswith(LACKS)]
    covered = [line for line in lacking if line in typed or line.startswith("alias ")]
    shut = [line for line in lacking if line.startswith(("/usr/bin/", "/opt/"))]
    dead = [line.removeprefix("! ") for line in lacking if line.startswith("! ")]
    dots = f"see /etc/profile, /etc/profile.d and the dot files in /home/{account}, on {case.here}"
    if last != END:
        yield Seen(
            f"lets {account} type nothing: a login shell ends at once",
            f"su - {account} -c true; ls -a /home/{account}",
            "\n".join([*lacking, last]),
            remedy=dots,
        )
    elif gone:
        yield Seen(
            f"has no {_few(gone)} that {account} can run",
            f"su - {account} -c 'command -v {gone[0]}; echo $PATH'",
            "\n".join(gone),
            remedy=dots,
        )
    elif covered:
        yield Seen(
            f"has {account} start something else by {_few(covered)}: a function or an alias of his shell",
            f"su - {account} -c 'type {covered[0]}'",
            "\n".join(covered),
            remedy=_aside(case, account, covered[0]) or dots,
        )
    elif shut:
        path, _, why = shut[0].partition(" ")
        missing = f", which is not there for {account}" if why.startswith("wants") else ""
        more = f", and {len(shut) - 1} more commands do not start" if len(shut) > 1 else ""
        # What one alone wants, somebody wrote there; what many want is gone.
        lost = why.split()[-1] if len(shut) > 1 and why.startswith("wants /") else path
        yield Seen(
            f"has a {path.rpartition('/')[2]} that {why}{missing}{more}",
            f"head -1 {path}; ls -l {path}",
            "\n".join(shut),
            remedy=f"`./icebox restore {case.here} {quote(lost)}`",
        )

    elif dead:
        name, _, why = dead[0].partition(" ")
        yield Seen(
            f"has a {name} that ends as soon as it has begun: {why[:160]}",
            f"su - {account} -c '{name} --help'",
            "\n".join(dead),
        )


def _aside(case: Case, account: str, line: str) -> str:
    """What lays a student's dot file aside that has a function or an alias; nothing if none has."""
    name = line.removeprefix("alias ").partition("=")[0]
    files = [f"/home/{account}/{dot}" for dot in DOTS.split()]
    inside = case.box.inside(case.here) if case.here.role is Role.UI else None
    if inside is None:
        return ""
    path, *_ = [*inside.run(["grep", "-lswD", "skip", "--", name, *files], timeout=TRYING).stdout.split(), ""]
    return f"`mv {path} {path}.aside` on the UI, if {account} agrees" if path in files else ""


def _few(gone: list[str]) -> str:
    return gone[0] + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")


def _starts_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", f"{ROOT}; {THERE}", ""))
    yield Want(node.name, ("files", list(WAY), False))


def _starts(case: Case) -> Iterator[Seen]:
    """A program says what it has to say, and no loader speaks before it; root is known; and Python starts."""
    asked, way = _starts_wants(case.site, case.node)
    try:
        said = case.view.got(asked)["said"].strip()
    except Unseen:
        if not (found := list(_pythonless(case))):
            raise
        yield from found
        return
    yield from _shut_way(case, case.view.got(way))
    gone = [line.removeprefix(NONE) for line in said.splitlines() if line.startswith(NONE)]
    strange = [line for line in said.splitlines() if line != "root" and not line.startswith(NONE)]
    if gone:
        lost = [path for path in changed(case.box, case.here) if path.rpartition("/")[2] in gone]
        yield Seen(
            f"has no {_few(gone)} any more",
            f"command -v {' '.join(gone)}",
            said,
            remedy=f"`./icebox restore {case.here} {join(lost)}`" if lost else "",
        )
    elif strange and said.splitlines().count("root") < KNOWN:
        yield Seen(
            f"does not know its own accounts: {max(strange, key=len)[:160]}",
            ROOT,
            said,
            # What looked for an account meanwhile may have ended, or believes what it was told.
            remedy=f"`./icebox restore {case.here} {BOOKS}`, then `{again(case)}` there",
        )
    elif strange:
        own = PRELOAD in said
        yield Seen(
            f"has every program say something before it begins: {strange[0][:160]}",
            ROOT,
            said,
            remedy=f"`rm -f {PRELOAD}` on {case.here}" if own else "",
            steps=(Step(case.here.name, f"rm -f {PRELOAD}"),) if own else (),
        )


def _shut_way(case: Case, files: dict[str, dict[str, Any]]) -> Iterator[Seen]:
    """What every path begins with lets everyone through, not root alone."""
    shut = [path for path, told in files.items() if told["mode"] & EVERYONE != EVERYONE]
    if shut:
        fix = f"chmod a+rx {join(shut)}; {again(case)}"
        yield Seen(
            f"lets nobody but root through {shut[0]} (mode {files[shut[0]]['mode']:o})",
            f"ls -ld {join(shut)}",
            since=files[shut[0]]["changed"],
            remedy=f"`{fix}` on {case.here}",
            steps=(Step(case.here.name, fix),),
        )


def _pythonless(case: Case) -> Iterator[Seen]:
    """Of a node at which nobody can look: what it is looked at with, and most grid commands, may be gone."""
    inside = case.box.inside(case.here)
    if inside is None or not inside.run(["/bin/true"], timeout=TRYING).ok:
        return
    ran = inside.run([PYTHON, "-I", "-S", "-c", "pass"], timeout=TRYING)
    if ran.exit_code == TIMED_OUT:
        return  # it is busy, or stands still
    if not ran.ok or ran.output:
        how = "says nothing of its own" if ran.ok else "starts"
        yield Seen(
            f"has no {PYTHON} that {how}: {ran.output.strip()[-160:]}",
            f"{PYTHON} -c pass",
            ran.output,
            remedy=f"`./icebox restore {case.here} {PYTHON}`",
        )


WAY = ("/", "/usr", "/usr/bin", "/usr/lib", "/etc", "/var", "/var/lib", "/run", "/dev")
EVERYONE = 0o555
TOOLS = "ip tc ss systemctl openssl getent setpriv awk grep sed"
"""What nodes are looked at with, and run by."""
NONE = "there is no "
TRYING = 10.0
"""Seconds for a program that does nothing; a hundredth of one on an idle machine."""
ROOT, KNOWN = "id -un; id -gn", 2
"""The least that a program does which needs the books of accounts; how often it should name root."""
THERE = f"for c in {TOOLS}; do command -v $c >/dev/null || echo {NONE}$c; done"
PRELOAD = "/etc/ld.so.preload"
BOOKS = "/etc/nsswitch.conf /etc/passwd /etc/group"
FACTS = (
    Fact(
        name=STARTS,
        roles=ALL,
        label="{node}",
        wants=_starts_wants,
        judge=_starts,
        means="each command there fails, or prints what it should not",
        remedy="see /etc/ld.so.preload and /etc/ld.so.conf on {node}",
    ),
    Fact(
        name="programs",
        roles=(Role.UI, Role.WN, Role.CE),
        label="{node}",
        wants=_wants,
        judge=_programs,
        needs=("disk", "accounts", "homes"),
        carries=("proxy", "student", "runs", "any:jobs", "job"),
        told_by="UI-4",
        means="what the guide tells students to type is not found",
        remedy="look at /etc/profile.d and /etc/environment on {node}: who logs in there has another PATH",
    ),
)
