"""All checks on a box in its host's own network."""

from pathlib import Path

import pytest

from tests.integration.local.classroom import BOX, class_room
from tests.wholeruns import kept_as, passed

pytestmark = pytest.mark.long
CHECKING = 3600.0
"""Seconds for all checks; they take two minutes on an idle machine."""


def test_all_checks_pass(tmp_path: Path) -> None:
    run_dir = kept_as("local")
    with class_room(tmp_path) as room:
        words = ["validate", "--site", str(room.site), "--box", BOX, "--run-dir", str(run_dir)]
        done = room.host.icebox(*words, seconds=CHECKING)
        assert done.code == 0, done.output
    assert passed(run_dir, "local", "lxc").left_out == ()
