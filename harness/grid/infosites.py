"""lcg-infosites: the CEs and SEs of a VO, in the layout of its versions 2 and 3."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import CheckFailed
from harness.grid.errors import UnexpectedOutput

_CE_ID = re.compile(r"^([^:/\s]+):(\d+)/(jobmanager|blah|cream)-([^-\s]+)-(\S+)$")
_CE_ROW = re.compile(r"^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+:\d+/\S+)\s*$", re.MULTILINE)
_SE_ROW = re.compile(r"^\s*(\d+|n\.a)\s+(\d+|n\.a)\s+(\S+)\s+(\S+)\s*$", re.MULTILINE)
BROKEN_PROVIDER = (4444, 444444)
"""What stands for the jobs waiting when a site can't count them."""


BDII = (
    "`systemctl restart bdii-slapd bdii` on CE, SE and RB; "
    "`journalctl -u bdii` on RB tells which node it can't reach"
)
SILENT = (
    "no BDII answered: `systemctl restart bdii-slapd bdii` on RB; if LCG_GFAL_INFOSYS does not name RB: "
    "`./icebox restore NODE /etc/profile.d /etc/ssh/sshd_config.d`, `systemctl reload ssh` where "
    "it was typed"
)


@dataclass(frozen=True)
class CeId:
    """A queue of a CE, such as ``ce.example.org:2119/jobmanager-pbs-short``."""

    host: str
    port: int
    kind: str
    lrms: str
    queue: str
    """May hold further hyphens."""

    @classmethod
    def parse(cls, text: str) -> CeId:
        match = _CE_ID.match(text.strip())
        if match is None:
            raise UnexpectedOutput("a CE id such as host:2119/jobmanager-pbs-short", text)
        host, port, kind, lrms, queue = match.groups()
        return cls(host, int(port), kind, lrms, queue)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.kind}-{self.lrms}-{self.queue}"


@dataclass(frozen=True)
class CeRow:
    """A queue with its numbers: CPUs, and jobs now."""

    total: int
    free: int
    jobs: int
    running: int
    waiting: int
    ce: CeId

    @property
    def counted(self) -> bool:
        """False if the site can't count its jobs."""
        return self.waiting not in BROKEN_PROVIDER


@dataclass(frozen=True)
class SeRow:
    """An SE with its space in kB; None stands for a number that is not published, or 0."""

    available: int | None
    used: int | None
    type: str
    se: str


def parse_ce(text: str) -> tuple[CeRow, ...]:
    """Read ``lcg-infosites --vo VO ce``; no row is no error of the layout."""
    _expect_header(text, "ComputingElement")
    rows = _CE_ROW.findall(text)
    return tuple(
        CeRow(int(total), int(free), int(jobs), int(running), int(waiting), CeId.parse(ce))
        for total, free, jobs, running, waiting, ce in rows
    )


def parse_se(text: str) -> tuple[SeRow, ...]:
    """Read ``lcg-infosites --vo VO se``."""
    _expect_header(text, "Avail Space")
    rows = _SE_ROW.findall(text)
    return tuple(SeRow(_number(free), _number(used), kind, se) for free, used, kind, se in rows)


def _number(text: str) -> int | None:
    return None if text == "n.a" else int(text)


def _expect_header(text: str, word: str) -> None:
    # The exit code says nothing: version 2 ends with 0 even if no BDII answers.
    if not text.strip():
        raise CheckFailed("lcg-infosites prints nothing: no BDII answers it", remedy=SILENT)
    if word not in text:
        raise UnexpectedOutput(f"the heading of lcg-infosites with the word {word}", text, SILENT)
