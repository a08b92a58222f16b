"""The page of links is made from the links, and every one says what a trainer has to know."""

import pytest

from docs import make_links
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Fact
from harness.services.service import Link

SHOWN = [link for link in ALL if link.asked or isinstance(link, Fact)]


def test_the_page_of_links_is_up_to_date() -> None:
    assert make_links.PAGE.read_text(encoding="utf-8") == make_links.page(), "run: python -m docs.make_links"


@pytest.mark.parametrize("link", SHOWN, ids=lambda link: f"{link.name}-{'-'.join(link.roles)}")
def test_a_link_says_what_it_means(link: Link) -> None:
    assert link.means, "what is that for the school?"
    assert f"## {link.name}, " in make_links.page()
