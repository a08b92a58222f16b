"""Counting what jobs really ran, on the CE's side."""

from __future__ import annotations

from harness.actors.gridjobs import LOST, GridJobs, script
from harness.expect import expect
from harness.services.registry import GATEKEEPER
from harness.site import Site


class ExecutionCount:
    """A file in the pool account's home in which each job notes its number: lost and repeated runs show."""

    def __init__(self, jobs: GridJobs, site: Site) -> None:
        self._jobs = jobs
        self._ces = [f"{ce.fqdn}:{site.public_port(ce, GATEKEEPER.port)}" for ce in site.ces]
        self._file = f"{jobs.directory.rsplit('/', 1)[1]}-tally"

    def jdl(self, number: int, before: str = "") -> str:
        """A job that notes its number, and says it."""
        return script(f"{before}echo {number} | tee -a $HOME/{self._file}")

    def expect_each_once(self, most: int) -> None:
        noted = self._on_ce(f"/bin/cat {self._file}").split()
        lost = sorted({str(number) for number in range(most)} - set(noted), key=int)
        twice = sorted({number for number in noted if noted.count(number) > 1}, key=int)
        expect(
            not lost and not twice,
            f"of {most} jobs {len(lost)} never ran, and {len(twice)} ran more than once",
            where=" ".join(self._ces),
            why=f"lost: {' '.join(lost) or 'none'}; repeated: {' '.join(twice) or 'none'}",
            remedy=LOST,
        )

    def remove(self) -> None:
        self._on_ce(f"/bin/rm -f {self._file}")

    def _on_ce(self, line: str) -> str:
        """What the line prints on all CEs: the broker chose among them."""
        told = [self._jobs.student.run(f"globus-job-run {ce} {line}", timeout=60.0) for ce in self._ces]
        return "".join(ran.expect_success("check CE-1 tells more").stdout for ran in told)
