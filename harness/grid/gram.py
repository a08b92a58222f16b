"""GRAM: contacts as globus-job-submit prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.grid.errors import UnexpectedOutput

_CONTACT = re.compile(r"^https://([^:/\s]+):(\d+)/\d+/\d+/$")


@dataclass(frozen=True)
class Contact:
    """Where a submitted job is asked about."""

    url: str
    host: str
    port: int


def parse_submit(text: str) -> Contact:
    """Read globus-job-submit; raises UnexpectedOutput unless it printed one contact."""
    match = _CONTACT.match(text.strip())
    if match is None:
        raise UnexpectedOutput("a job contact such as https://ce.example.org:20201/1/2/", text)
    return Contact(match[0], match[1], int(match[2]))
