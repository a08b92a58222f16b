"""A box on another machine that is reached by ssh alone; what breaks on the way says nothing of the box.

Nothing above harness/dom0 can tell the difference, or it would enter some process of this machine.
"""

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import bringup, teardown
from harness.box.box import Box, attach
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.dom0 import pace
from harness.dom0.kinds.remote import RemoteDom0
from harness.dom0.standing import is_up
from harness.errors import LostError, UnreachableError
from harness.ledger import Ledger
from harness.sitefile import load
from harness.state import checkout
from tests.drill.tried import Told
from tests.integration.dom0.rig import Rented

CHECKS = (
    "tests/acceptance/test_network.py",
    "tests/acceptance/test_ce.py::test_globus_job_run",
    "tests/acceptance/test_box.py::test_restart_node",
)
CHECKING = 540.0
"""Seconds for these checks; they take 80 on an idle machine."""
QUIET = Console(style=Style.QUIET)
NUMBER = os.getpid() % 10**6


@pytest.fixture(scope="module")
def box(far: Rented, site_file: Path) -> Iterator[Box]:
    """The default site's; nothing of it is left here or there."""
    name = f"near{NUMBER}"
    evidence = site_file.parent / "evidence"
    made = bringup.start(bringup.Request(load(site_file), name, evidence=evidence), QUIET)
    try:
        yield made
    finally:
        made.close()
        teardown.stop(name, QUIET, destroy=True)
    assert not is_up(name, made.ledger)
    assert far.journals == []
    assert list((far.home / "boxes").iterdir()) == []
    assert far.machine.run("ls /run/icebox").stdout.split() == [far.machine.box]


def test_it_is_on_that_machine(box: Box, far: Rented) -> None:
    assert isinstance(box.dom0, RemoteDom0)
    assert sorted(box.machines.running()) == sorted(node.name for node in box.site.nodes)
    assert box.down() == []
    assert far.journals == [box.name]
    assert {entry.kind for entry in box.ledger.open_entries()} & {"holder", "cgroup"} == set()
    assert attach(box.name).dom0.libvirt_uri.startswith("lxc+ssh://root@dom0/")


def test_how_fast_it_is_was_measured_there_once(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known to every process of this machine, and to nodes; commands of nodes are waited for by it."""
    assert pace.noted(box.name) == box.pace
    assert box.shell(box.site.ui).run("cat /etc/icebox/pace").stdout == f"{math.ceil(box.pace)}\n"
    pace.note(box.name, 20.0)
    try:
        monkeypatch.setattr(pace, "measured", None)
        again = attach(box.name)
        inside = again.inside(box.site.wn)
        assert inside is not None
        for each in (again.dom0, again.dom0.outside, inside, again.shell(box.site.ui)):
            assert each.longer(2.0) == 40.0
        assert inside.run("sleep 2", timeout=0.5).ok
        again.close()
    finally:
        pace.note(box.name, box.pace)


def test_a_node_is_entered_when_its_network_is_not(box: Box) -> None:
    inside = box.inside(box.site.wn)
    assert inside is not None
    assert inside.run("hostname").stdout.strip() == box.site.wn.fqdn
    assert inside.run("exit 255").exit_code == 255, "a command's own, and no lost connection"
    assert "libvirtd" in " ".join(box.dom0.logs())


def test_a_command_that_is_too_slow_ends_there(box: Box) -> None:
    assert box.dom0.run("exec sleep 6543", timeout=0.5).exit_code == 124
    gone = "for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $each; echo; done | grep -c '^sleep 6543'"
    wait_for("what ran there to end", lambda: box.dom0.run(gone).stdout.strip() == "0", 30.0)


def test_more_sessions_than_its_sshd_allows(box: Box) -> None:
    """Ten at once, Debian's sshd says; the eleventh has a connection of its own."""
    lines = [box.dom0.open_socket(str(box.site.wn.address), 22) for _ in range(14)]
    try:
        assert all(line.recv(4) == b"SSH-" for line in lines)
    finally:
        for line in lines:
            line.close()


def test_checks_pass(box: Box, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-n0", *CHECKS]
    words += [f"--box={box.name}", f"--run-dir={tmp_path / 'run'}"]
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "KILL", *words],
        cwd=checkout(),
        env={**os.environ, "PYTHONPATH": str(checkout())},
        capture_output=True,
        text=True,
        timeout=CHECKING,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.tries(
    "run it again: the connection is taken up anew, and what ran there goes on",
    "run it again: the next question has a connection of its own",
)
def test_a_connection_that_is_cut_is_taken_up_again(box: Box, far: Rented, told: Told) -> None:
    box.machines.running()

    def cut_it() -> None:
        wait_for("the command to run there", lambda: far.machine.run("pgrep -f '[s]leep 61'").ok, 60.0)
        far.cut()

    cut = threading.Thread(target=cut_it)
    cut.start()
    with pytest.raises(LostError, match="the connection was lost while a command ran") as lost:
        box.dom0.run("sleep 61")
    told(lost.value)
    cut.join()
    assert box.dom0.stands
    assert box.dom0.run("echo here").stdout == "here\n"
    with pytest.raises(LostError, match="the connection to libvirtd") as lost:
        box.machines.running()
    told(lost.value)
    assert len(box.machines.running()) == len(box.site.nodes), "the next question has one of its own"
    assert box.shell(box.site.wn).run("hostname").ok, "and so have the nodes"
    assert box.down() == []


def test_a_machine_that_is_not_reached_is_unknown_and_left_alone(box: Box, far: Rented) -> None:
    far.deaf()
    try:
        assert is_up(box.name, Ledger(box.name)), "nobody knows that it is not"
        assert not teardown.is_dead(box.name)
        with pytest.raises(UnreachableError, match="it can't be reached"):
            attach(box.name)
        status = far.icebox("status", "--box", box.name)
        assert (status.exit_code, "it can't be reached" in status.output) == (3, True), status.output
        assert far.icebox("ledger", "clean").ok
    finally:
        far.listen()
    assert "up at 203.0.113.10" in far.icebox("status", "--box", box.name).stdout
    assert box.down() == []


def test_what_is_stored_outlives_a_stop(box: Box, site_file: Path) -> None:
    box.shell(box.site.ui).run("echo mine > /root/notes").check()
    box.close()
    teardown.stop(box.name, QUIET)
    again = bringup.start(bringup.Request(load(site_file), box.name), QUIET)
    assert again.shell(again.site.ui).run("cat /root/notes").stdout == "mine\n"
    again.close()


def test_it_stands_still_and_goes_on(box: Box, far: Rented) -> None:
    typed = ["--box", box.name]
    assert far.icebox("suspend", *typed).ok
    group = Path("/sys/fs/cgroup/unified", box.dom0.partition)
    events = (group if group.exists() else Path("/sys/fs/cgroup", box.dom0.partition)) / "cgroup.events"
    assert "frozen 1" in events.read_text()
    status = far.icebox("status", *typed)
    assert (status.exit_code, "suspended since" in status.stdout) == (1, True), status.output
    assert attach(box.name).dom0.suspended
    done = far.icebox("resume", *typed)
    assert done.ok, done.output
    assert "frozen 0" in events.read_text()


def test_it_goes_back_to_a_snapshot(box: Box, far: Rented) -> None:
    typed = ["--box", box.name]
    box.shell(box.site.ui).run("echo old > /root/notes; sync").check()
    done = far.icebox("snapshot", *typed, "monday")
    assert done.ok, done.output
    assert (far.home / "boxes" / box.name / "snapshots/monday/stored/scratch").is_dir(), "it lies there"
    assert not (box.files.snapshots / "monday/stored").exists(), "and not here"
    box.shell(box.site.ui).run("echo new > /root/notes; touch /root/later; sync").check()
    box.close()
    done = far.icebox("revert", *typed, "monday")
    assert done.ok, done.output
    box.hang_up()
    assert box.shell(box.site.ui).run("cat /root/notes; ls /root/later").stdout == "old\n"
    assert far.icebox("status", *typed).ok
    assert far.icebox("snapshots", *typed, "--remove", "monday").ok
    assert list((far.home / "boxes" / box.name / "snapshots").iterdir()) == []


@pytest.mark.tries("choose another name with --box NAME")
def test_another_box_of_that_name(box: Box, site_file: Path, tmp_path: Path, told: Told) -> None:
    """Another laptop's, which is another state directory: with the same image, and nothing else."""
    home = tmp_path / "laptop"
    home.mkdir()
    (home / "image").symlink_to(Path(os.environ.get("ICEBOX_HOME", "/var/lib/icebox")) / "image")
    script = (
        "import pathlib, sys; from harness import errors; from harness.box import bringup\n"
        "from harness.console import Console; from harness.sitefile import load\n"
        "try: bringup.start(bringup.Request(load(pathlib.Path(sys.argv[1])), sys.argv[2]), Console())\n"
        "except errors.HostError as error: print('told:', error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(site_file), box.name],
        env={**os.environ, "ICEBOX_HOME": str(home), "PYTHONPATH": str(checkout())},
        capture_output=True,
        text=True,
        timeout=180,
    )
    told(done.stdout.partition("do:")[2].strip())
    assert f"there is another box named {box.name!r} on that machine" in done.stdout, (
        done.stdout + done.stderr
    )
    assert "another laptop made it" in done.stdout
    assert box.down() == []


def test_nothing_is_left_of_a_start_that_was_killed(far: Rented, site_file: Path) -> None:
    name = f"kill{NUMBER}"
    words = [str(checkout() / "icebox"), "start", "--site", str(site_file), "--box", name]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starting:
        wait_for(
            "the nodes to boot",
            lambda: far.machine.run(f"pgrep -f '[l]ibvirt_lxc.*{name}'").ok,
            120.0,
            pause=0.2,
        )
        assert name in far.journals
        starting.send_signal(signal.SIGKILL)
    assert far.icebox("ledger", "clean").ok
    # Whoever starts another box at that moment is at it already.
    wait_for("what was left there to go", lambda: name not in far.journals, 60.0)
    assert not (far.home / "boxes" / name).exists()
    assert far.machine.run(f"pgrep -f '[l]ibvirt_lxc.*{name}'").stdout == ""
    assert not Ledger(name).path.exists()
