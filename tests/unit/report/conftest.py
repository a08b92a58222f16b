"""Fixtures for the report's tests."""

import pytest

from tests.unit.report.samples import Samples


@pytest.fixture
def samples() -> Samples:
    return Samples()
