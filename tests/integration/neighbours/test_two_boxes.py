"""Two boxes of one host, started by people whose files are shut to others.

What one box's student does, and what another account of the host may do, ends at the box.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.access.shell import Shell
from harness.box.box import Box, attach
from harness.deadline import wait_for
from harness.state import box_dir, checkout

UMASKS = {"a": 0o077, "b": 0o027}
STARTING = 600.0
"""Seconds; a box takes ten on an idle machine."""
LIMIT = 1000
"""Processes of an account (box/parts/node)."""
NOBODY = 65534
"""An account of the host that owns nothing of a box."""
HOG = f"""
import os, signal
made = 0
try:
    while made < 2 * {LIMIT}:
        if os.fork() == 0:
            signal.pause()
        made += 1
except OSError as error:
    print(made, error.strerror, flush=True)
signal.pause()
"""
ENDED = "pkill -KILL -u student01; ! pgrep -u student01"


def icebox(*words: str, umask: int = 0o022) -> None:
    """Type a command; its words are shown if it fails."""
    done = subprocess.run(
        [checkout() / "icebox", *words], umask=umask, capture_output=True, text=True, timeout=STARTING
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def boxes() -> Iterator[list[Box]]:
    """The two; nothing of them is left."""
    names = [f"nb{os.getpid() % 10**6}{letter}" for letter in UMASKS]
    try:
        for name, umask in zip(names, UMASKS.values(), strict=True):
            icebox("start", "--box", name, umask=umask)
        made = [attach(name) for name in names]
        yield made
        for box in made:
            box.close()
    finally:
        for name in names:
            subprocess.run([checkout() / "icebox", "stop", "--box", name, "--destroy"], capture_output=True)


def student(box: Box, number: int) -> Shell:
    return box.student(box.site.students[number - 1])


def test_a_callers_umask_shuts_nothing_in_the_nodes(boxes: list[Box]) -> None:
    for box in boxes:
        typed = student(box, 1)
        typed.run(f"ls -l /etc/passwd /etc/grid-security && voms-proxy-init -q -voms {box.site.vo}").check()
        job = typed.run(
            f"globus-job-run {box.site.ce.fqdn}:2119/jobmanager-pbs -q short /bin/hostname", timeout=300
        )
        assert job.check().stdout.strip() == box.site.wn.fqdn


@pytest.mark.parametrize("place", ["", "secrets", "pki", "home", "scratch", "site", "description"])
def test_no_other_account_of_the_host_gets_in(boxes: list[Box], place: str) -> None:
    path = box_dir(boxes[0].name) / place
    assert path.is_dir()
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "ls", str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Permission denied" in done.stderr


def test_numbers_of_accounts_are_each_boxs_own(boxes: list[Box]) -> None:
    numbers = [{student(box, n).run("id -u").check().stdout for n in (1, 2)} for box in boxes]
    assert len(numbers[0] | numbers[1]) == 4
    hosts = {line.split(":")[2] for line in Path("/etc/passwd").read_text().splitlines()}
    assert {each.strip() for each in numbers[0] | numbers[1]}.isdisjoint(hosts)


@pytest.fixture
def hogged(boxes: list[Box]) -> Iterator[Box]:
    """The first box, whose first student has all the processes that one account may have on the UI."""
    box = boxes[0]
    root = box.shell(box.site.ui)
    box.student(box.site.students[0]).put("hog.py", HOG.encode())
    student(box, 1).run("setsid -f python3 hog.py >count 2>&1 </dev/null").check()
    try:
        wait_for(
            "the student to be at the limit",
            lambda: "temporarily unavailable" in root.run("cat ~student01/count").stdout,
            120,
            where=box.name,
        )
        yield box
    finally:
        wait_for("the processes to end", lambda: root.run(ENDED).ok, 60, where=box.name)


def test_a_student_at_the_limit_stops_nobody_else(boxes: list[Box], hogged: Box) -> None:
    root = hogged.shell(hogged.site.ui)
    count = int(root.run("cat ~student01/count").check().stdout.split()[0])
    assert 0.9 * LIMIT < count < LIMIT, "the limit is the account's, and what other boxes run is not counted"
    for other in (student(hogged, 2), root, *(student(boxes[1], n) for n in (1, 2))):
        # In a connection of its own: sshd, too, has to be able to begin a session.
        other.close()
        assert (
            other.run("for n in 1 2 3; do (sleep 0 & wait) || exit; done; echo well").check().stdout
            == "well\n"
        )
