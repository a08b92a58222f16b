"""How many checks run at once."""

from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.box import WORKERS, pytest_cmdline_main


@pytest.mark.parametrize(
    ("core", "asked", "workers"), [(False, None, WORKERS), (True, None, 1), (True, 3, 3), (False, 2, 2)]
)
def test_several_but_at_slow_machines(core: bool, asked: int | None, workers: int) -> None:
    option = SimpleNamespace(numprocesses=asked, core=core, quick=False, part="")
    option.usepdb = option.collectonly = option.tx = None
    config: Any = SimpleNamespace(option=option, args=["tests/acceptance"])
    pytest_cmdline_main(config)
    assert option.numprocesses == workers
