"""A real box stands still and goes on, and goes back to a snapshot, as a trainer types it."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import pending, spare, teardown
from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.ledger import Ledger
from harness.services import status
from harness.state import checkout
from tests.drill.tried import Told
from tests.integration.leaks.sandbox import below

NAME = f"sta{os.getpid()}"[-12:]
COMMAND = 300.0
"""Seconds for one command; a box takes four on an idle machine."""
JOB = 120.0
"""Seconds until the batch system has done a job that was queued; two on an idle machine."""
SPOOL = "/var/lib/slurm/slurmctld"
"""Where the batch system writes jobs down: each at once, and some seconds later that there is one."""
QUIET = Console(style=Style.QUIET)


def icebox(*words: str) -> tuple[int, str]:
    """What a command said, in both streams."""
    typed = [str(checkout() / "icebox"), "--no-install", words[0], "--box", NAME, *words[1:]]
    done = subprocess.run(typed, cwd=checkout(), capture_output=True, text=True, timeout=COMMAND)
    return done.returncode, done.stdout + done.stderr


def well(*words: str) -> str:
    code, said = icebox(*words)
    assert code == 0, said
    return said


@pytest.fixture(scope="module")
def started() -> Iterator[str]:
    try:
        well("start")
        yield NAME
    finally:
        teardown.stop(NAME, QUIET, destroy=True)
        assert NAME not in "".join(path.name for path in Ledger(NAME).path.parent.glob("*.jsonl"))


@pytest.fixture
def box(started: str) -> Iterator[Box]:
    made = attach(started)
    with contextlib.closing(made):
        yield made


def typed(box: Box, line: str) -> str:
    """By the first student on the UI."""
    return box.student(box.site.students[0]).run(line, timeout=COMMAND).check().stdout.strip()


def keys(box: Box) -> str:
    return typed(box, "sha256sum .globus/* .ssh/authorized_keys")


def first_looks(box: Box) -> None:
    """A student's first minutes, as the guide has them."""
    code, said = icebox("validate", "--quick", "-n", "0", "--until", "none")
    assert code == 0, said
    assert not status.of(box).broken


def test_it_stands_still_and_goes_on(box: Box) -> None:
    counting = "setsid sh -c 'while :; do date +%s%N > tick; sleep 0.05; done' > /dev/null 2>&1 & echo $!"
    number = typed(box, counting)
    tick = BoxFiles(NAME).scratch(box.site.ui.name) / "upper/home" / box.site.students[0].login / "tick"
    wait_for("it to count", tick.exists, JOB)
    well("suspend")
    stood = tick.read_text()
    code, said = icebox("status", "--json")
    assert (code, json.loads(said)["state"]) == (1, "suspended")
    code, said = icebox("diagnose")
    assert (code, "stands still" in said) == (2, True), said
    assert tick.read_text() == stood
    well("resume")
    wait_for("it to count on", lambda: tick.read_text() not in ("", stood), JOB)
    clocks = [int(box.shell(node).run("date +%s").check().stdout) for node in box.site.nodes]
    assert max(clocks) - min(clocks) <= 5
    typed(box, f"kill {number}")
    first_looks(box)


@pytest.mark.tries("./icebox suspend has the box stand still in memory")
def test_containers_have_no_memory_to_save(box: Box, told: Told) -> None:
    code, said = icebox("save")
    assert code == 2, said
    assert "./icebox suspend" in told(said.partition("do:")[2].strip())
    assert not box.dom0.suspended, "nothing was done"
    well("suspend")
    assert box.dom0.suspended
    code, said = icebox("save")
    assert code == 2, said
    well("resume")


def test_what_was_written_since_is_gone(box: Box) -> None:
    before, ce = keys(box), box.shell(box.site.ce)
    typed(box, "rm -f *; echo old > memo")
    rb = box.shell(box.site.rb)
    table = "mariadb -e 'create database if not exists school; create table school.{} (a int)'"
    assert rb.run(table.format("early")).ok
    following = int(ce.run("scontrol show config | sed -n 's/^NEXT_JOB_ID *= //p'").check().stdout)
    well("snapshot", "monday")
    typed(box, "echo new > memo; echo more > later")
    assert rb.run(table.format("late")).ok
    assert ce.run("echo hello > /home/left-by-a-job").ok
    sent = f"globus-job-submit {box.site.ce.fqdn}/jobmanager-pbs /bin/sleep 600"
    assert typed(box, f"voms-proxy-init -quiet -voms {box.site.vo} && {sent}")
    well("revert", "monday")
    box.hang_up()
    assert typed(box, "cat memo; ls") == "old\nmemo"
    assert keys(box) == before
    assert rb.run("mariadb -N -e 'show tables in school'").check().stdout.split() == ["early"]
    assert not ce.run("test -e /home/left-by-a-job").ok
    # One that has ended seconds before may be in the queue still: the batch system wrote that down later.
    queued = [int(each) for each in ce.run("squeue -h -o %A").check().stdout.split()]
    assert all(each < following for each in queued), "a job that was sent later is still there"
    first_looks(box)
    assert not pending.is_left(Ledger(NAME))


def group_of(number: int) -> str:
    """The control group of a process in the newer tree (cgroups(7)); empty if it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        rows = Path(f"/proc/{number}/cgroup").read_text().splitlines()
        return next(row.partition("::/")[2] for row in rows if row.startswith("0::"))
    return ""


def test_all_of_it_is_in_one_group(box: Box) -> None:
    first = box.dom0.pid  # type: ignore[attr-defined]
    groups = {number: group_of(number) for number in (first, *below(first))}
    others = {number: group for number, group in groups.items() if group.split("/")[0] != box.dom0.partition}
    assert not {number for number, group in others.items() if group}
    assert len(groups) > 50


RUNNING = "systemctl list-units --type=service --state=running --plain --no-legend | cut -d' ' -f1"


def test_nothing_is_killed_for_having_stood_still(box: Box) -> None:
    """Whatever its length: services with a watchdog would be (systemd.service(5))."""
    for node in box.site.nodes:
        said = box.shell(node).run(f"systemctl show -p WatchdogUSec --value $({RUNNING})").check().stdout
        assert set(said.split()) <= {"0", "infinity"}, f"{node}: {said}"


@pytest.mark.long
def test_a_spare_run_takes_its_place(box: Box) -> None:
    before = keys(box)
    typed(box, "rm -f *; echo old > memo")
    well("snapshot", "ahead")
    for again in ("new", "newer"):
        wait_for("a spare run to stand still", lambda: _ready("ahead"), JOB)
        [spare_group] = [entry.details["group"] for entry in Ledger(NAME).of_kind(spare.KIND)]
        typed(box, f"echo {again} > memo; echo more > later")
        if again == "newer":
            well("suspend")
        well("revert", "ahead")
        box.hang_up()
        assert box.dom0.partition == spare_group, "it was booted anew instead"
        assert typed(box, "cat memo; ls") == "old\nmemo"
        assert keys(box) == before
        upper = BoxFiles(NAME).scratch(box.site.ui.name) / "upper/home" / box.site.students[0].login
        typed(box, "echo stored > memo")
        assert (upper / "memo").read_text() == "stored\n", "it writes where the next start does not look"
        typed(box, "echo old > memo")
        first_looks(box)
    clocks = [int(box.shell(node).run("date +%s").check().stdout) for node in box.site.nodes]
    assert max(clocks) - min(clocks) <= 5


def _ready(name: str) -> bool:
    listed = json.loads(well("snapshots", "--json"))["snapshots"]
    return any(each["name"] == name and each["ready"] for each in listed)


def test_a_job_that_is_held_at_the_snapshot_is_done_after_it(box: Box) -> None:
    ce = box.shell(box.site.ce)
    typed = "cd && rm -f done && echo 'touch done' | qsub -h -q short"
    number = ce.run(["su", "-s", "/bin/sh", "-c", typed, "gilda001"]).check().stdout.strip()
    job = f"{SPOOL}/hash.*/job.{number.partition('.')[0]}"
    saved = f'test -z "$(find {job} -maxdepth 0 -newer {SPOOL}/job_state)"'
    wait_for("the batch system to write it down", lambda: ce.run(saved).ok, JOB, pause=0.5)
    well("snapshot", "waiting")
    assert ce.run(["qdel", number]).ok
    well("revert", "waiting")
    box.hang_up()
    assert not ce.run("test -e /home/gilda001/done").ok
    assert ce.run(["qrls", number]).ok, "it was lost"
    wait_for("the job to be done", lambda: ce.run("test -e /home/gilda001/done").ok, JOB, pause=0.5)


@pytest.mark.long
def test_one_that_is_stopped(box: Box) -> None:
    typed(box, "echo kept > memo")
    well("suspend")
    well("stop")
    assert not box.dom0.stands, "its ports end with its dom0"
    well("snapshot", "night")
    well("start")
    typed(box, "echo morning > memo")
    well("stop")
    well("revert", "night")
    code, said = icebox("status", "--json")
    assert (code, json.loads(said)["state"]) == (1, "down")
    well("start")
    assert typed(box, "cat memo") == "kept"
    listed = json.loads(well("snapshots", "--remove", "night", "--json"))
    assert "night" not in [each["name"] for each in listed["snapshots"]]
    assert listed["bytes"] == sum(each["bytes"] for each in listed["snapshots"])
    first_looks(box)
