"""Handouts in a browser: a sheet of A4 for each student, whatever the site's names."""

from pathlib import Path

import pytest

from harness.handout import page
from harness.handout.sheet import Naming
from harness.secrets import Secrets
from tests.browser.conftest import Browser
from tests.unit.handout.test_sheet import SITE, sheet, wide

pytestmark = pytest.mark.browser
PAPER = 297 / 25.4 * 96 + 1
"""Height of A4 in CSS pixels, of which there are 96 an inch; fractions are rounded up."""
LENGTHS = """{
  heights: [...document.querySelectorAll('.sheet')].map(sheet => sheet.getBoundingClientRect().height),
  page: document.documentElement.scrollWidth, window: innerWidth}"""


@pytest.mark.parametrize("naming", Naming)
def test_a_sheet_of_paper_for_each(browser: Browser, tmp_path: Path, naming: Naming) -> None:
    """On the screen it has the margins of paper, so what does not fit makes it longer."""
    secrets = Secrets.open(tmp_path / "secrets")
    for site in (SITE, wide(tmp_path)):
        path = tmp_path / "all.html"
        path.write_bytes(page.html([sheet(secrets, site, naming, number) for number in (0, 1)]))
        seen = browser.probe(path, LENGTHS)
        assert len(seen["heights"]) == 2
        assert max(seen["heights"]) <= PAPER
        narrow = browser.probe(path, LENGTHS, width=500)
        assert narrow["page"] <= narrow["window"]
