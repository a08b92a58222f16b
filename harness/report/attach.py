"""Makes a pytest session report into a run directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.report.collect import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from harness.report.rundir import RunDir
    from harness.report.verdict import Verdict


def attach(
    config: pytest.Config,
    run: RunDir,
    publish: Callable[[Verdict], object],
    describe: Callable[[], Mapping[str, Any]] = dict,
    sketch: Callable[[Verdict], object] | None = None,
    early: Callable[[Verdict], object] | None = None,
) -> Collector:
    """Send Allure's results, junit.xml and the verdict to ``run``.

    To be called from a ``pytest_configure`` marked ``tryfirst``, before Allure and JUnit look at their
    options, and not on xdist workers: those hear of the run from the Collector (``fixtures/checks.py``).
    """
    config.option.allure_report_dir = str(run.allure_results)
    config.option.xmlpath = str(run.junit)
    collector = Collector(run, publish, describe, sketch, early)
    config.pluginmanager.register(collector, "icebox-collector")
    return collector
