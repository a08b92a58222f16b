"""GRAM: contacts, states and errors as globus-job-submit, -status and -run print them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from harness.grid.errors import UnexpectedOutput

_CONTACT = re.compile(r"^https://([^:/\s]+):(\d+)/\d+/\d+/$")
_ERROR = re.compile(
    r"^GRAM Job (?:submission )?failed because (.*?)\s*\(error code (\d+)\)", re.MULTILINE | re.DOTALL
)
_DETAILS = re.compile(r"^Details: (.*?)(?:\\n)?$", re.MULTILINE)


class JobState(StrEnum):
    """What globus-job-status prints."""

    UNSUBMITTED = "UNSUBMITTED"
    STAGE_IN = "STAGE_IN"
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    STAGE_OUT = "STAGE_OUT"
    DONE = "DONE"
    """Also printed when the CE can't be reached or does not know the job: never rely on it alone."""
    FAILED = "FAILED"


@dataclass(frozen=True)
class Contact:
    """Where a submitted job is asked about."""

    url: str
    host: str
    port: int


@dataclass(frozen=True)
class GramError:
    """Why a job was not run; the codes are those of GRAM's protocol."""

    code: int
    reason: str
    details: str = ""


def parse_submit(text: str) -> Contact:
    """Read globus-job-submit; raises UnexpectedOutput unless it printed one contact."""
    match = _CONTACT.match(text.strip())
    if match is None:
        raise UnexpectedOutput("a job contact such as https://ce.example.org:20201/1/2/", text)
    return Contact(match[0], match[1], int(match[2]))


def parse_status(text: str) -> JobState:
    """Read globus-job-status; raises UnexpectedOutput for a word that is no state."""
    try:
        return JobState(text.strip())
    except ValueError:
        raise UnexpectedOutput("the state of a job", text) from None


def parse_error(text: str) -> GramError | None:
    """The error in what globus-job-run or globus-job-submit printed, if there is one."""
    match = _ERROR.search(text)
    if match is None:
        return None
    details = _DETAILS.search(text)
    return GramError(int(match[2]), match[1], details[1] if details else "")
