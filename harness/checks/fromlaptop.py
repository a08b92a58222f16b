"""Checks from outside that are done from a laptop of the room, too, where it has the programs for them."""

from __future__ import annotations

import pytest

GRIDFTP = ("globus-url-copy", "openssl", "cmp")
GRAM = ("globus-job-run", "globusrun")
CATALOGUE = (
    *("lcg-cr", "lcg-lr", "lcg-lg", "lcg-la", "lcg-cp", "lcg-del"),
    *("lfc-ls", "lfc-mkdir", "edg-gridftp-exists"),
)
LEFT_OUT = {
    "ssh": "no student logged in from there with what is handed out (UI-1)",
    **dict.fromkeys(GRIDFTP, "no file was stored and fetched from there (SE-3)"),
    **dict.fromkeys(GRAM, "no job was sent from there (CE-3)"),
    **dict.fromkeys(CATALOGUE, "no file was stored under a name from there (CAT-1)"),
}
"""Programs of a laptop, and what is left out without."""
PROGRAMS = tuple(LEFT_OUT)


def at_laptop(*programs: str) -> object:
    """The case of a check that is typed at a laptop, by the fixture ``laptop_student``."""
    return pytest.param("laptop_student", marks=pytest.mark.laptop(*programs), id="laptop")
