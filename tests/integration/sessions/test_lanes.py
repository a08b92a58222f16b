"""Which worker does which rooms of the integration tests."""

from __future__ import annotations

import pytest

from tests.integration.sessions.conftest import PATIENCE

pytest_plugins = ["pytester"]

CONFTEST = "from tests.integration.conftest import pytest_configure_node, pytest_xdist_make_scheduler"
CHECK = """
import time
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(4))
def test_some(number, worker_id):
    Path(f"{Path(__file__).parent.name}-{worker_id}").touch()
    time.sleep(0.1)
"""
HOME, SANDBOXED = ("diagnosis", "faults", "a_new_room"), ("leaks", "local")


def test_a_lane_is_done_by_one_worker(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    for room in (*HOME, *SANDBOXED):
        directory = pytester.path / "tests/integration" / room
        directory.mkdir(parents=True)
        (directory / "test_it.py").write_text(CHECK)
    words = ("-n2", "--import-mode=importlib", "-p", "no:cacheprovider")
    done = pytester.runpytest_subprocess(*words, timeout=PATIENCE)
    done.assert_outcomes(passed=4 * len((*HOME, *SANDBOXED)))
    workers = {
        room: {path.name.rpartition("-")[2] for path in pytester.path.glob(f"{room}-*")}
        for room in (*HOME, *SANDBOXED)
    }
    home, sandboxed = (set().union(*(workers[room] for room in lane)) for lane in (HOME, SANDBOXED))
    assert (len(home), len(sandboxed), len(home | sandboxed)) == (1, 1, 2), workers
