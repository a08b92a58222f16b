"""The way of a verdict into the run directory: its files, the Allure report, a last look for secrets."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness import durable
from harness.errors import IceboxError
from harness.report import allure as allure_report
from harness.report import gathered
from harness.report.page import render
from harness.report.scrub import Redact, Scrubbed, private_keys, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.report.allure import Allure
    from harness.report.rundir import RunDir
    from harness.report.verdict import Verdict


@dataclass
class Publisher:
    """Publishes the verdict of ``run``; made to be handed to a Collector.

    ``redact`` is applied to the verdict's own files; ``secrets`` gives what must not stand in any file, and
    is asked at the end, when all of them exist.  Without ``allure`` there is no Allure report.
    """

    run: RunDir
    allure: Allure | None = None
    redact: Redact = private_keys
    secrets: Callable[[], Iterable[str]] = tuple
    scrubbed: Scrubbed = field(default_factory=Scrubbed)
    """What the last look found; anything but nothing is a defect of whoever wrote it."""
    error: IceboxError | None = None
    """Why there is no Allure report, if it was wanted."""

    def __call__(self, verdict: Verdict) -> None:
        """Write everything.  A report that Allure cannot make takes nothing away from the verdict."""
        self.write(verdict)
        identity = allure_report.executor(os.environ, host=socket.gethostname(), run=self.run.path.name)
        allure_report.describe(self.run, verdict, executor=identity)
        # Before Allure packs the results into its page, where no search would find a secret again.
        self.scrubbed = scrub(self.run.path, self.secrets())
        if self.allure is not None:
            self._make_report(self.allure, verdict)

    def sketch(self, verdict: Verdict) -> None:
        """Write the verdict of a run that was interrupted; then nobody waits for an Allure report."""
        self.allure = None
        self.write(verdict)

    def _make_report(self, allure: Allure, verdict: Verdict) -> None:
        site = verdict.box.get("site")
        try:
            name = f"Grid in a Box: {site}" if site else "Grid in a Box"
            allure.generate(self.run, name=name, findings=verdict.findings)
        except IceboxError as error:
            self.error = error
        else:
            self.write(verdict)

    def write(self, verdict: Verdict) -> None:
        """The verdict's own files."""
        report = self.run.allure_report
        link = str(report.relative_to(self.run.path)) if report.exists() else ""
        # First, so that a defect of the page takes nothing away from the verdict.
        durable.write(self.run.verdict_json, self.redact(verdict.to_json()))
        page = render(verdict, run=self.run.path.name, allure=link, evidence=gathered.of(self.run))
        durable.write(self.run.verdict_html, self.redact(page))
