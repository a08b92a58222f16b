"""Faults in a real box: put in, found, taken out; known and undone whatever is killed meanwhile."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import bringup, teardown
from harness.box.box import Box, attach
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.diagnosis.diagnose import ails
from harness.dom0.held import HeldDom0
from harness.drill import trial
from harness.drill.record import Record
from harness.faults import standing
from harness.faults.registry import named
from harness.ledger import Ledger
from harness.state import checkout
from tests.unit.docs import pages
from tests.unit.sites import SITE

PAGE = pages.ROOT / "docs" / "faults.md"
QUIET = Console(style=Style.QUIET)
NAME = f"f{os.getpid()}"[-12:]
PATIENCE = 300.0
"""Seconds for what takes ten on an idle machine."""
PUT_AND_DIE = """
import os, signal, sys
from harness.box.box import attach
from harness.faults import hands, standing
from harness.faults.registry import named
typed = hands.put
def put(*words):
    typed(*words)
    os.kill(os.getpid(), signal.SIGKILL)
hands.put = put
standing.put(attach(sys.argv[1]), named(sys.argv[2]), **dict(word.split("=") for word in sys.argv[3:]))
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    box = bringup.start(bringup.Request(SITE, NAME), QUIET)
    box.close()
    try:
        yield attach(NAME)
    finally:
        teardown.stop(NAME, QUIET, destroy=True)


def icebox(*words: str) -> subprocess.CompletedProcess[str]:
    typed = [str(checkout() / "icebox"), *words]
    return subprocess.run(typed, cwd=checkout(), capture_output=True, text=True, check=False)


def die_with(fault: str, *details: str) -> None:
    words = [sys.executable, "-c", PUT_AND_DIE, NAME, fault, *details]
    assert subprocess.run(words, cwd=checkout(), check=False).returncode == -signal.SIGKILL


def expect_well(box: Box, link: str) -> None:
    """Wait until a link works again, of which a fault was taken out."""
    wait_for(f"{link} to be well", lambda: not ails(box, [link]), trial.SOUND)


@pytest.mark.long
def test_a_fault_is_found_mended_by_what_is_printed_and_taken_out(box: Box) -> None:
    result = trial.hold(box, (named("munge-wn-stopped"),))
    assert (result.trouble, result.score, result.mended, result.sound) == ("", 1.0, True, True), result
    assert standing.standing(box.ledger) == ()


def test_two_faults_are_two_findings(box: Box) -> None:
    assert trial.is_sound(box, trial.SOUND)
    result = trial.hold(box, (named("gridftp-se-stopped"), named("catalogue-rb-stopped")))
    assert (result.score, result.sound) == (1.0, True), result
    assert len(result.named) == 2


def test_a_fault_is_known_after_a_kill_and_taken_out(box: Box) -> None:
    die_with("catalogue-rb-stopped")
    listed = json.loads(icebox("fault", "list", "--box", NAME, "--json").stdout)
    assert [each["name"] for each in listed["faults"] if each["there"]] == ["catalogue-rb-stopped"]
    taken = icebox("fault", "take", "--box", NAME)
    assert (taken.returncode, taken.stdout) == (0, "Taken out: catalogue-rb-stopped.\n")
    expect_well(box, "catalogue@xenrbnode")


def test_what_a_dead_drill_left_goes_with_ledger_clean(box: Box) -> None:
    die_with("catalogue-rb-stopped", f"by={os.getpid()}:an earlier boot.1")
    # Whoever starts a box meanwhile takes it out as well.
    assert icebox("ledger", "clean", "--box", NAME).returncode == 0
    assert standing.standing(box.ledger) == ()
    expect_well(box, "catalogue@xenrbnode")


def test_a_hidden_fault_is_told_to_nobody_who_does_not_guess(box: Box) -> None:
    hidden = icebox("fault", "put", "--box", NAME, "--hidden", "wn-offline")
    assert hidden.returncode == 0
    assert "wn-offline" not in hidden.stdout + icebox("ledger", "list", "--box", NAME).stdout
    assert icebox("fault", "guess", "--box", NAME, "gatekeeper@ce").returncode == 1
    assert "85 points" in icebox("fault", "guess", "--box", NAME, "slurmd@wn").stdout
    assert icebox("fault", "take", "--box", NAME).stdout == "Taken out: wn-offline.\n"


def test_a_drill_on_a_box_that_is_up_writes_its_matrix(box: Box, tmp_path: Path) -> None:
    words = (
        "gatekeeper-ce-stopped",
        "noise-further-rule",
        "--box",
        NAME,
        "--run-dir",
        str(tmp_path / "drill"),
    )
    done = icebox("drill", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads((tmp_path / "drill/drill.json").read_text())
    broken, noise = content["results"]
    assert (broken["wanted"], noise["wanted"]) == (["gatekeeper@xencenode"], [])
    assert (broken["mended"], broken["sound"], noise["sound"]) == (True, True, True)
    assert "noise-further-rule" in (tmp_path / "drill/drill.html").read_text()
    assert standing.standing(box.ledger) == ()


def test_validate_mends_what_is_safe_and_checks_it_again(box: Box, tmp_path: Path) -> None:
    standing.put(box, named("gatekeeper-ce-stopped"))
    chosen = ("-k", "test_globus_job_run")
    done = icebox("validate", "--box", NAME, "--mend", "--json", "--run-dir", str(tmp_path / "run"), *chosen)
    verdict = json.loads(done.stdout)
    assert [each["outcome"] for each in verdict["checks"]] == ["passed"], done.stderr
    assert verdict["mended"], verdict
    assert all(line.startswith("gatekeeper@xencenode: ") for line in verdict["mended"])
    standing.take(box, *standing.standing(box.ledger))
    expect_well(box, "gatekeeper@xencenode")


def test_an_interrupted_drill_leaves_no_box_and_no_fault(tmp_path: Path) -> None:
    """Ctrl-C again and again, as impatient people and timeout(1) send it, with a fault in its own box."""
    typed = [checkout() / "icebox", "drill", "gatekeeper-ce-stopped", "--run-dir", tmp_path / "drill"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def ended() -> bool:
        drill.send_signal(signal.SIGINT)
        return drill.poll() is not None

    with subprocess.Popen(typed, cwd=checkout(), **silent) as drill:
        own = Ledger(f"drill{drill.pid}a"[-12:])
        wait_for("a fault in the drill's own box", lambda: own.of_kind(standing.KIND), PATIENCE)
        wait_for("the drill to end", ended, PATIENCE)
    assert own.open_entries() == []
    # One more while it says that it was stopped ends it then.
    assert drill.returncode in (130, -signal.SIGINT)
    assert list(Record.read(tmp_path / "drill").left) == [0]


def test_the_pages_lines_do_what_they_say(box: Box) -> None:
    """Those for a trainer, but for start and validate: what each ends with, in their order."""
    block, exercise = [each for each in pages.blocks("sh") if each.page == PAGE]
    codes = [_type(line) for line in (*block.text.splitlines(), *exercise.text.splitlines())]
    said = {line: code for line, code in codes if line}
    assert {line for line, code in said.items() if code} <= {"status", "fault guess authority@ce"}
    assert said["fault take"] == 0
    assert trial.is_sound(box, trial.SOUND)


def _type(line: str) -> tuple[str, int]:
    words = shlex.split(line.removeprefix("./icebox "), comments=True)
    if not words or words[0] in ("start", "validate"):
        return "", 0
    at = 2 if words[0] == "fault" else 1
    return " ".join(words), icebox(*words[:at], "--box", NAME, *words[at:]).returncode


def test_a_stop_takes_faults_out_first_and_a_start_those_that_a_power_cut_left(box: Box) -> None:
    standing.put(box, named("hostcert-rb-missing"))
    stopped = icebox("stop", "--box", NAME)
    assert "take out faults" in stopped.stderr, stopped.stderr
    assert Ledger(NAME).of_kind(standing.KIND) == []
    assert icebox("start", "--box", NAME).returncode == 0
    standing.put(attach(NAME), named("slurm-ce-settings-broken"))
    _cut_power()
    started = icebox("start", "--box", NAME)
    assert started.returncode == 0, started.stderr
    assert "slurm-ce-settings-broken was still in the box" in started.stderr
    assert trial.is_sound(attach(NAME), trial.SOUND)


def _cut_power() -> None:
    """End the dom0 and all in it at once."""
    dom0 = attach(NAME).dom0
    assert isinstance(dom0, HeldDom0)
    os.kill(dom0.pid, signal.SIGKILL)
    wait_for("the dom0 to be gone", lambda: not dom0.stands, PATIENCE)
