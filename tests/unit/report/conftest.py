"""Fixtures for the report's tests."""

import pytest

from tests.unit.report.projects import CONFTEST
from tests.unit.report.samples import Samples


@pytest.fixture
def samples() -> Samples:
    return Samples()


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    return pytester
