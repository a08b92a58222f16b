"""What the harness itself sees of a link: each function says what is wrong, and nothing if nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.access.shell import Shell
from harness.box.box import Box
from harness.deadline import within
from harness.dom0.place import Place
from harness.errors import HarnessError, IceboxError
from harness.grid.batch import parse_pbsnodes
from harness.site import Node
from harness.virt import fleet

Way = Place | Shell | None
"""Where lines are typed on a node as root; None if it is down."""
Ways = Callable[[], Mapping[Node, Way]]
ANSWER = 1.5
"""Seconds of a usual machine that the hypervisor gets to take a connection and list its machines."""
LOGIN, OTHER = 12.0, 5.0
"""Seconds for a login, and for another one once that failed; a fifth of one on an idle machine."""
GRID = "env | grep -E '^(LCG|LFC|VO|EDG|GLITE|GLOBUS|MYPROXY)_[A-Z_0-9]*=' | sort"
TWICE = f"""a=$({GRID}); b=$(bash -lc "{GRID}"); echo in
[ -z "$b" ] || [ "$a" = "$b" ] || {{ echo "$a"; echo "$b"; }} | sort | uniq -u"""
"""The grid's environment of a command sent by ssh, which sshd gives, and that of a login shell are the same:
prints how they differ."""
OWN = "cd /home/{login} && find .ssh .bash* .profile .pam_environment -maxdepth 1 ! -type d 2>/dev/null; true"
"""What sshd and shells read of a home (sshd(8), bash(1))."""
SHOWN = 4
"""Files that are named."""
NODES = 2.0
"""Seconds that the scheduler gets to list its WNs."""


def box_stands(box: Box, _node: Node | None, _ways: Ways) -> str:
    return "" if box.dom0.stands else "is down"


def hypervisor_answers(box: Box, _node: Node | None, _ways: Ways) -> str:
    machines = fleet.machines(box.site, box.dom0)
    try:
        within(box.dom0.longer(ANSWER + box.dom0.DISTANCE), "the hypervisor", machines.running)
    except HarnessError as error:
        box.dom0.reach()
        return f"does not answer: {error.what}"
    machines.close()
    return ""


def network_is_whole(box: Box, _node: Node | None, _ways: Ways) -> str:
    return box.dom0.disturbed(box.site_now) if box.dom0.stands else ""


def wn_gets_jobs(box: Box, wn: Node | None, ways: Ways) -> str:
    """What keeps the scheduler from sending jobs to a WN whose slurmd answers."""
    assert wn is not None
    ce = box.site.cluster(wn)
    way = ways().get(ce)
    listed = way.run(["pbsnodes", "-a"], timeout=NODES) if way else None
    if listed is None or not listed.ok:
        return ""  # the scheduler's own trouble, which is beneath
    states = {node.name: node for node in parse_pbsnodes(listed.stdout)}
    seen = states.get(wn.name) or states.get(wn.fqdn)
    if seen is None or seen.up:
        return ""
    return f"gets no jobs: for the scheduler on {ce} it is {' '.join(seen.states)}"


def student_logs_in(box: Box, ui: Node | None, ways: Ways) -> str:
    """What keeps the first student out of the UI, and whether that is his own matter: another one gets in."""
    assert ui is not None
    first, last = box.site.students[0].login, box.site.students[-1].login
    why = _login(box, ui, first, LOGIN)
    if not why or first == last or _login(box, ui, last, OTHER):
        return why
    return f"{why}; {last} gets in{_own(ways()[ui], first, last)}"


def _own(way: Way, login: str, other: str) -> str:
    """Which files among those that a login reads one student has, and another has not; in words."""
    told = [way.run(OWN.format(login=each)) for each in (login, other)] if way else []
    names = [{line for line in each.stdout.splitlines() if line.isprintable()} for each in told if each.ok]
    more = sorted(names[0] - names[1])[:SHOWN] if len(names) == 2 else []
    return f", who has no {' and no '.join(more)} in his home" if more else ""


def _login(box: Box, ui: Node, login: str, seconds: float) -> str:
    """What keeps a student out: a login of its own, a command, and a file (scp, sftp)."""
    # A connection that is open already says nothing of the next one.
    shell = box.shell(ui, login).with_environment()

    def logged_in() -> str:
        ran = shell.run(TWICE, timeout=seconds)
        said, *differ = ran.stdout.splitlines() or [""]
        if differ:
            return f"has not one environment for commands and login shells: {'; '.join(differ)[:200]}"
        if said != "in":
            return f"ends at once: {ran.output.strip()[-160:] or f'exit code {ran.exit_code}'}"
        shell.get("/etc/hostname")
        return ""

    try:
        return within(shell.longer(seconds), "the login", logged_in)
    except IceboxError as error:
        return f"does not go: {error.what}{f' ({error.why})' if error.why else ''}"
    except OSError as error:
        return f"does not go: {error}"
    finally:
        shell.close()


def root_logs_in(box: Box, node: Node | None, _ways: Ways) -> str:
    """What keeps whoever looks after a node from it: a login of root's from the dom0."""
    assert node is not None
    shell = box.shell(node).with_environment()
    try:
        ran = within(shell.longer(LOGIN), "the login", lambda: shell.run("echo in", timeout=LOGIN))
        return "" if ran.stdout == "in\n" else f"ends at once: {ran.output.strip()[-160:]}"
    except IceboxError as error:
        return f"does not go: {error.what}{f' ({error.why})' if error.why else ''}"
    finally:
        shell.close()


LOOKS: Mapping[str, Callable[[Box, Node | None, Ways], str]] = {
    each.__name__: each
    for each in (
        *(box_stands, hypervisor_answers, network_is_whole, wn_gets_jobs, student_logs_in),
        root_logs_in,
    )
}
