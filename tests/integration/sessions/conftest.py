"""Suites of small checks, run by a pytest of their own with the plugins of the real one."""

import pytest

PATIENCE = 300.0
"""Seconds for a suite; it takes two on an idle machine."""


@pytest.fixture
def suite(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> pytest.Pytester:
    """The module's CHECKS with its CONFTEST."""
    pytester.makeconftest(request.module.CONFTEST)
    pytester.makepyfile(test_some=request.module.CHECKS)
    marks = "\n".join(f"  {name}: for fixtures.parts" for name in ("alone", "early", "together", "check"))
    pytester.makeini(f"[pytest]\naddopts = -p no:cacheprovider --strict-markers\nmarkers =\n{marks}\n")
    monkeypatch.setenv("ICEBOX_HOME", str(pytester.path / "home"))
    return pytester
