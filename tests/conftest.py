"""What tests of every kind have, and may ask for."""

import os

import pytest

from harness.state import checkout
from tests.drill.tried import told

# Programs that tests start, in whatever directory, find the harness as the tests do.
os.environ["PYTHONPATH"] = str(checkout())

__all__ = ["told"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs root and namespaces")
