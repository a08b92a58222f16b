"""kill -9 of icebox at every kind of moment: the next command of anybody removes what is left."""

import signal

import pytest

from tests.integration.leaks.conftest import Scene
from tests.integration.leaks.sandbox import PREFIX

DEAD = f"{PREFIX}dead"
BRING_UP = [
    "intend:owner",
    "intended:owner",
    "torn:data",
    "begin:certificates and layers",
    "end:certificates and layers",
    "intended:directory",
    "torn:holder",
    "intended:holder",
    "end:dom0",
    "begin:outside and names",
    "begin:5 nodes",
    "node",
    "end:5 nodes",
    "intended:kept",
]
TEAR_DOWN = ["begin:remove", "gone:holder", "went:cgroup", "half:BOX", "went:data"]


@pytest.mark.parametrize("moment", BRING_UP)
def test_bring_up_killed(scene: Scene, moment: str) -> None:
    died = scene.sandbox.dying(moment, "SIGKILL", "start", "--box", DEAD)
    assert died.code == -signal.SIGKILL, died.output
    cleaned = scene.sandbox.icebox("ledger", "clean")
    assert cleaned.code == 0, cleaned.output
    if moment == "intended:kept":
        assert scene.sandbox.icebox("stop", "--destroy", "--box", DEAD).code == 0
    assert not scene.left()


@pytest.mark.parametrize("moment", TEAR_DOWN)
def test_tear_down_killed(scene: Scene, moment: str) -> None:
    started = scene.sandbox.icebox("start", "--box", DEAD)
    assert started.code == 0, started.output
    died = scene.sandbox.dying(moment.replace("BOX", DEAD), "SIGKILL", "stop", "--destroy", "--box", DEAD)
    assert died.code == -signal.SIGKILL, died.output
    if moment == "begin:remove":
        # What students stored was not yet given up; whoever asked for its end asks again.
        again = scene.sandbox.icebox("stop", "--destroy", "--box", DEAD)
    else:
        again = scene.sandbox.icebox("ledger", "clean")
    assert again.code == 0, again.output


def test_a_stop_that_was_killed_is_ended_by_the_next_start(scene: Scene) -> None:
    sandbox, on_ui = scene.sandbox, ("ssh", "--box", DEAD, "--as", "student01", "ui")
    assert sandbox.icebox("start", "--box", DEAD).code == 0
    for moment in ("begin:power off", "end:power off", "gone:holder"):
        assert sandbox.icebox(*on_ui, f"echo '{moment}' > memo; sync").code == 0
        assert sandbox.dying(moment, "SIGKILL", "stop", "--box", DEAD).code == -signal.SIGKILL
        told = sandbox.icebox("status", "--box", DEAD)
        assert (told.code, f"The box {DEAD!r} is dead" in told.output) == (1, True), told.output
        again = sandbox.icebox("start", "--box", DEAD)
        assert again.code == 0, f"{moment}: {again.output}"
        assert sandbox.icebox(*on_ui, "cat", "memo").output.strip() == moment
    assert sandbox.icebox("stop", "--destroy", "--box", DEAD).code == 0
