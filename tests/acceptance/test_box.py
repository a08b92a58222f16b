"""The whole box: it survives being stopped, and each of its nodes being unplugged."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from harness.access.shell import Shell
from harness.actors.smoketest import SmokeTest
from harness.box.box import Box
from harness.box.restart import restart, restart_node
from harness.checks import together
from harness.errors import CheckFailed, WaitError
from harness.expect import eventually, expect_none, tried
from harness.site import Node, Role, Site
from harness.virt.fleet import kind_of

BACK = 60.0
"""Seconds that a service may need to work again after its port answers; most need none."""
REMEDY = "./icebox console NODE shows how its boot ended, `systemctl --failed` there what did not come up"


@contextmanager
def _coming_back(what: str) -> Iterator[None]:
    """A node that does not come up again is the box's fault, not the harness's."""
    try:
        yield
    except WaitError as late:
        remedy = "; ".join(filter(None, (late.remedy, REMEDY)))
        raise CheckFailed(f"{what} did not come back: {late.what}", why=late.why, remedy=remedy) from late


class Keepsakes:
    """What a student leaves in a box: a file on the UI, one on the SE, and what a job wrote."""

    def __init__(self, site: Site, student: Shell) -> None:
        self.student, self.smoke_test = student, SmokeTest(site, student)
        self.word = f"keepsake-{secrets.token_hex(8)}"
        self.path = self.smoke_test.new_path()

    def leave_on_ui(self) -> None:
        self.student.run(f"echo {self.word} > {self.word}").expect_success("see `df -h /home` on the UI")

    def leave_on_se(self) -> None:
        self.smoke_test.store(self.word, self.path)

    def leave_by_job(self) -> None:
        self.smoke_test.job(f"/bin/sh -c 'echo {self.word} > {self.word}'")

    def find_on_ui(self) -> None:
        kept = self.student.run(f"cat {self.word}; rm -f {self.word}")
        self._expect(kept.stdout, "a student's file on the UI")

    def find_on_se(self) -> None:
        url = self.smoke_test.url(self.path)
        there = self.student.run(f"edg-gridftp-ls {url}")
        if "No such file" in there.output:
            self._expect("", "a student's file on the SE")
        self.smoke_test.expect_stored(self.word, self.path)
        self.student.run(f"edg-gridftp-rm {url}")

    def find_by_job(self) -> None:
        """Read it where jobs write: the account's home on the CE is that of its jobs on the WNs."""
        self._expect(self.smoke_test.job(f"/bin/cat {self.word}"), "what a job wrote")
        self.smoke_test.job(f"/bin/rm -f {self.word}")

    def _expect(self, found: str, what: str) -> None:
        if found.strip() != self.word:
            seen = f"there is now {found.strip()!r}" if found.strip() else "there is nothing now"
            remedy = "look at the mounts of the nodes: their disks and homes have to outlive them"
            raise CheckFailed(f"{what} is lost", why=seen, remedy=remedy)


@pytest.mark.alone
@pytest.mark.needs("voms", "gatekeeper", "gridftp", "bdii", "slurmctld", "slurmd")
@pytest.mark.check(
    "BOX-1",
    role="box",
    title="after stop and start all is there and works",
    learns="The box can be switched off for the night: students find their files, and all works again.",
    severity="critical",
)
def test_stop_and_start(
    box: Box, site: Site, student: Shell, other_student: Shell, outside_student: Shell
) -> None:
    keepsakes = Keepsakes(site, student)
    together.all_of(keepsakes.leave_on_ui, keepsakes.leave_on_se, keepsakes.leave_by_job)
    with _coming_back("the box"):
        restart(box)
    # A machine outside forgets its proxies, too, when it is switched off.
    users = (student, other_student, outside_student)
    together.each(users, lambda user: _works_again("VOMS", SmokeTest(site, user).proxy))
    together.all_of(
        keepsakes.find_on_ui,
        keepsakes.find_on_se,
        keepsakes.find_by_job,
        partial(_work_in_batch, box, site, keepsakes.smoke_test),
        SmokeTest(site, outside_student).run_all,
    )


def _work_in_batch(box: Box, site: Site, smoke_test: SmokeTest) -> None:
    _works_again("the batch system", partial(_expect_free, box, site))
    smoke_test.batch_job()


@pytest.mark.alone
@pytest.mark.needs("voms", "gatekeeper", "gridftp", "bdii", "slurmctld", "slurmd")
@pytest.mark.check(
    "BOX-2",
    role="box",
    title="each node restarted alone comes back to service",
    learns="One node may lose its power: a moment later it works again, with all that was on its disk.",
    severity="normal",
)
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_restart_node(box: Box, site: Site, student: Shell, other_student: Shell, role: str) -> None:
    keepsakes = Keepsakes(site, student)
    smoke_test, batch = keepsakes.smoke_test, partial(_work_in_batch, box, site, keepsakes.smoke_test)
    before, after = {
        Role.CE: ([keepsakes.leave_by_job], [keepsakes.find_by_job, batch]),
        Role.WN: ([], [batch]),
        Role.SE: ([keepsakes.leave_on_se], [keepsakes.find_on_se, smoke_test.copy]),
        # It is where proxies lie, too.
        Role.UI: (
            [keepsakes.leave_on_ui],
            [keepsakes.find_on_ui, smoke_test.proxy, SmokeTest(site, other_student).proxy],
        ),
        Role.RB: ([], [smoke_test.proxy, smoke_test.sites]),
    }[Role(role)]
    for act in before:
        act()
    for node in site.of(Role(role)):
        if kind_of(node).OWN_KERNEL:
            # It writes when it likes; what a server has taken the moment before is lost with the power.
            box.shell(node).run("sync").expect_success("`dmesg` there tells of its disk")
        with _coming_back(str(node)):
            restart_node(box, node)
    nodes = " and ".join(map(str, site.of(Role(role))))
    together.all_of(*(partial(_works_again, nodes, work) for work in after))


def _works_again(what: str, work: Callable[[], object]) -> None:
    def done() -> bool:
        work()
        return True

    eventually(f"{what} to work again", tried(done), seconds=BACK, remedy=REMEDY)


def _expect_free(box: Box, site: Site) -> None:
    """Every WN takes jobs."""
    states: dict[str, str] = {}
    for ce in site.ces:
        listed = box.shell(ce).run("pbsnodes -a").expect_success("check WN-1 tells more").stdout
        states |= re.findall(r"^(\S+)\n(?:\s.*\n)*?\s+state = (\S+)", listed, re.MULTILINE)
    for wn in site.wns:
        if _state_of(wn, states) != "free":
            raise CheckFailed(f"{wn} is {_state_of(wn, states)}, not free", remedy="check WN-1 tells more")


def _state_of(wn: Node, states: dict[str, str]) -> str:
    return states.get(wn.name) or states.get(wn.fqdn) or "unknown to the batch system"


@pytest.mark.needs("ssh")
@pytest.mark.check(
    "BOX-3",
    role="box",
    title="an administrator gets in at every node",
    learns="`./icebox ssh NODE` leads to each node's logs and services; where it does not, the console does.",
    severity="critical",
)
def test_root_gets_in(site: Site, root_of: Callable[[Node], Shell]) -> None:
    def faults(node: Node) -> Iterator[str]:
        came = root_of(node).run("hostname -f; id -un")
        if came.stdout.split() != [node.fqdn, "root"]:
            yield f"{node}: the login ended as {came.output.strip()!r}, not as root on {node.fqdn}"

    remedy = "compare /etc/hostname there with the site file, and /etc/ssh with box/parts/node"
    expect_none(together.problems(site.nodes, faults), "root does not get in", remedy=remedy)
