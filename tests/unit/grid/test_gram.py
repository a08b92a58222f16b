"""What globus-job-submit prints."""

import pytest

from harness.grid.errors import UnexpectedOutput
from harness.grid.gram import parse_submit

CONTACT = "https://xencenode.sytes.net:20229/17370794868963234441/144581647663146631/"


def test_a_contact() -> None:
    contact = parse_submit(f"{CONTACT}\n")
    assert (contact.url, contact.host, contact.port) == (CONTACT, "xencenode.sytes.net", 20229)


@pytest.mark.parametrize("text", ["", "GRAM Job submission failed", f"{CONTACT}\n{CONTACT}\n"])
def test_what_is_no_contact(text: str) -> None:
    with pytest.raises(UnexpectedOutput):
        parse_submit(text)
