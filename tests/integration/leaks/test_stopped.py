"""Ends that icebox sees coming: failure, Ctrl-C, a cancelled job, a stop.  Nothing is left to clean up."""

from pathlib import Path

import pytest

from tests.integration.leaks.conftest import Scene
from tests.integration.leaks.sandbox import PREFIX

BOX = f"{PREFIX}stopped"


@pytest.mark.parametrize("moment", ["intended:data", "intended:holder", "end:dom0", "node"])
def test_ctrl_c(scene: Scene, moment: str) -> None:
    ended = scene.sandbox.dying(moment, "SIGINT", "start", "--box", BOX)
    assert ended.code == 130, ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_cancelled_job(scene: Scene, number: str) -> None:
    ended = scene.sandbox.dying("end:dom0", number, "start", "--box", BOX)
    assert ended.code == 130, ended.output


def test_ctrl_c_while_removing_waits_for_the_removal(scene: Scene) -> None:
    assert scene.sandbox.icebox("start", "--box", BOX).code == 0
    ended = scene.sandbox.dying("gone:holder", "SIGINT", "stop", "--destroy", "--box", BOX)
    assert ended.code == 130, ended.output


def test_bring_up_that_fails(scene: Scene, tmp_path: Path) -> None:
    fake = tmp_path / "nft"
    fake.write_text("#!/bin/sh\necho 'fake nft: no such table' >&2\nexit 1\n")
    fake.chmod(0o755)
    path = f"{tmp_path}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    failed = scene.sandbox.icebox("start", "--box", BOX, env={"PATH": path})
    assert failed.code == 3, failed.output
    assert "fake nft: no such table" in failed.output


def test_failure_of_a_stopped_box_keeps_what_was_stored(scene: Scene, tmp_path: Path) -> None:
    sandbox = scene.sandbox
    assert sandbox.icebox("start", "--box", BOX).code == 0
    assert sandbox.icebox("ssh", "--box", BOX, "--as", "student01", "ui", "echo mine > memo").code == 0
    assert sandbox.icebox("stop", "--box", BOX).code == 0
    assert sandbox.icebox("status", "--box", BOX).output.startswith(f"The box '{BOX}' is down.")
    assert sandbox.dying("end:dom0", "SIGINT", "start", "--box", BOX).code == 130
    assert sandbox.dying("end:dom0", "SIGKILL", "start", "--box", BOX).code < 0
    assert "dead" in sandbox.icebox("status", "--box", BOX).output
    assert sandbox.icebox("start", "--box", BOX).code == 0
    assert sandbox.icebox("ssh", "--box", BOX, "--as", "student01", "ui", "cat memo").output.strip() == "mine"
    assert sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0
