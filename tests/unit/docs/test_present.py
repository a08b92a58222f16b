"""The documentation speaks of the product as it is: neither of plans nor of what it was."""

import re
from pathlib import Path

import pytest

from tests.unit.docs import pages

PROMISES = re.compile(
    r"\b(issues?|not made yet|not built yet|not there yet|exists yet|com(?:e|es|ing) (?:later|soon)(?! than)"
    r"|will be (?:added|made|built)|until then|is planned|roadmap|no longer(?! ?;)|previously|in the past)\b",
    re.IGNORECASE,
)
ALLOWED = ("no longer finds it",)
"""What the reader does, not what the product did."""


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_no_plans_and_no_history(page: Path) -> None:
    text = pages.prose(page)
    for words in ALLOWED:
        text = text.replace(words, "")
    found = [line.strip()[:80] for line in text.splitlines() if PROMISES.search(line)]
    assert found == [], "say what it does, and what its limits are"


def test_a_promise_is_found() -> None:
    assert PROMISES.search("Laptops are not there yet.")
    assert not PROMISES.search("The issuer signs it; whoever tries later is told.")
