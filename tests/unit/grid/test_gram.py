"""globus-job-submit, globus-job-status, and GRAM's errors."""

from __future__ import annotations

import pytest

from harness.grid.errors import UnexpectedOutput
from harness.grid.gram import JobState, parse_error, parse_status, parse_submit

CONTACT = "https://xencenode.sytes.net:20229/17370794868963234441/144581647663146631/"


def test_a_contact() -> None:
    contact = parse_submit(f"{CONTACT}\n")
    assert (contact.url, contact.host, contact.port) == (CONTACT, "xencenode.sytes.net", 20229)


@pytest.mark.parametrize("text", ["", "GRAM Job submission failed", f"{CONTACT}\n{CONTACT}\n"])
def test_what_is_no_contact(text: str) -> None:
    with pytest.raises(UnexpectedOutput):
        parse_submit(text)


def test_a_state() -> None:
    assert parse_status("ACTIVE\n") is JobState.ACTIVE
    with pytest.raises(UnexpectedOutput):
        parse_status("Syntax : globus-job-status")


def test_an_error_with_details() -> None:
    error = parse_error(
        "GRAM Job failed because the job failed when the job manager attempted to run it (error code 17)\n"
        "Details: qsub: submit error (Unknown queue MSG=cannot locate queue)\\n\n"
    )
    assert error is not None
    assert error.code == 17
    assert error.details == "qsub: submit error (Unknown queue MSG=cannot locate queue)"


def test_an_error_that_goes_over_lines() -> None:
    error = parse_error(
        "GRAM Job submission failed because an authentication operation failed\n"
        "globus_xio_gsi: gss_init_sec_context failed.\n (error code 7)\n"
    )
    assert error is not None
    assert error.code == 7
    assert error.reason.startswith("an authentication operation failed")


def test_no_error() -> None:
    assert parse_error("xenwnnode.sytes.net\n") is None
