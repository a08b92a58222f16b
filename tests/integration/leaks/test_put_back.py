"""kill -9 of a snapshot, or of a box's way back to one: it is at one of both points, and goes on there."""

import json
import signal

import pytest

from harness.deadline import wait_for
from tests.integration.leaks.conftest import Scene
from tests.integration.leaks.sandbox import PREFIX, Sandbox

BOX = f"{PREFIX}back"
AHEAD = 240.0
"""Seconds until a spare run stands still; three on an idle machine."""


def icebox(sandbox: Sandbox, word: str, *more: str) -> str:
    done = sandbox.icebox(word, "--box", BOX, *more)
    assert done.code == 0, done.output
    return done.output.strip()


def memo(sandbox: Sandbox, text: str = "") -> str:
    typed = f"echo {text} > memo; sync" if text else "cat memo"
    return icebox(sandbox, "ssh", "--as", "student01", "ui", typed)


def test_a_snapshot_that_is_killed(scene: Scene) -> None:
    sandbox = scene.sandbox
    icebox(sandbox, "start")
    for moment, name, is_there in (("intended", "monday", False), ("gone", "tuesday", True)):
        died = sandbox.dying(f"{moment}:snapshot", "SIGKILL", "snapshot", "--box", BOX, name)
        assert died.code == -signal.SIGKILL, died.output
        assert sandbox.icebox("ledger", "clean").code == 0
        icebox(sandbox, "status")
        assert (name in icebox(sandbox, "snapshots")) == is_there
    icebox(sandbox, "stop", "--destroy")


def test_a_suspension_that_is_killed(scene: Scene) -> None:
    """At its beginning, or when it goes on but for its journal: it goes on in either case."""
    sandbox = scene.sandbox
    icebox(sandbox, "start")
    for moment, word in (("intended", "suspend"), ("gone", "resume")):
        if word == "resume":
            icebox(sandbox, "suspend")
        died = sandbox.dying(f"{moment}:suspended", "SIGKILL", word, "--box", BOX)
        assert died.code == -signal.SIGKILL, died.output
        said = sandbox.icebox("status", "--box", BOX)
        cut_short = "in part, by a command that was cut short" in said.output
        assert (said.code, cut_short) == (1, True), said.output
        assert sandbox.icebox("ledger", "clean").code == 0
        icebox(sandbox, "status")
    icebox(sandbox, "stop", "--destroy")


def at_monday(sandbox: Sandbox, *, ahead: bool) -> None:
    """A box that has a snapshot, with a spare run that was booted ahead from it or with none."""
    icebox(sandbox, "start")
    memo(sandbox, "old")
    icebox(sandbox, "snapshot", "monday")
    if ahead:
        wait_for(
            "a spare run",
            lambda: json.loads(icebox(sandbox, "snapshots", "--json"))["snapshots"][0]["ready"],
            AHEAD,
        )
    else:
        icebox(sandbox, "stop")
        icebox(sandbox, "start")
    memo(sandbox, "new")


@pytest.mark.parametrize(
    ("moment", "point"),
    [
        ("intended:revert", "new"),
        pytest.param("gone:holder", "old", marks=pytest.mark.long),
        ("half:scratch", "old"),
        pytest.param("gone:revert", "old", marks=pytest.mark.long),
    ],
)
def test_a_way_back_that_is_killed(scene: Scene, moment: str, point: str) -> None:
    sandbox = scene.sandbox
    at_monday(sandbox, ahead=False)
    died = sandbox.dying(moment, "SIGKILL", "revert", "--box", BOX, "monday")
    assert died.code == -signal.SIGKILL, died.output
    up = sandbox.icebox("status", "--box", BOX)
    assert (up.code == 0) == (point == "new"), up.output
    assert sandbox.icebox("ledger", "clean").code == 0
    if point == "old":
        icebox(sandbox, "start")
    assert memo(sandbox) == point
    icebox(sandbox, "stop", "--destroy")


@pytest.mark.parametrize(
    ("moment", "point"),
    [
        pytest.param("intended:revert", "new", marks=pytest.mark.long),
        ("gone:holder", "old"),
        pytest.param("intended:spare", "old", marks=pytest.mark.long),
    ],
)
def test_a_change_to_the_spare_run_that_is_killed(scene: Scene, moment: str, point: str) -> None:
    sandbox = scene.sandbox
    at_monday(sandbox, ahead=True)
    died = sandbox.dying(moment, "SIGKILL", "revert", "--box", BOX, "monday")
    assert died.code == -signal.SIGKILL, died.output
    assert sandbox.icebox("ledger", "clean").code == 0
    icebox(sandbox, "status")
    assert memo(sandbox) == point
    icebox(sandbox, "stop")
    icebox(sandbox, "start")
    assert memo(sandbox) == point
    icebox(sandbox, "stop", "--destroy")


def test_a_stop_ends_who_boots_ahead(scene: Scene) -> None:
    sandbox = scene.sandbox
    icebox(sandbox, "start")
    icebox(sandbox, "snapshot", "monday")
    icebox(sandbox, "stop", "--destroy")


def test_a_stop_of_a_suspended_box_leaves_nothing(scene: Scene) -> None:
    sandbox = scene.sandbox
    icebox(sandbox, "start")
    icebox(sandbox, "suspend")
    icebox(sandbox, "stop", "--destroy")
