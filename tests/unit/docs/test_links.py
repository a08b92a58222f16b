"""Whatever the pages lead to is there."""

import re
from pathlib import Path

import pytest

from tests.unit.docs import pages

_PATH = re.compile(r"`((?:box|docs|fixtures|harness|reports|tests)/[\w./@-]*)`")
MADE_BY_A_RUN = (
    "reports/runs/",
    "reports/drills/",
    "reports/bench.json",
    "reports/history.jsonl",
    "reports/tests/",
)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in pages.links(page):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} leads to {link}, which is not there"
        assert not anchor or anchor in pages.anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_paths_are_there(page: Path) -> None:
    for path in _PATH.findall(pages.prose(page)):
        placeholder = any(part.isupper() for part in path.split("/"))
        there = placeholder or path.startswith(MADE_BY_A_RUN) or (pages.ROOT / path).exists()
        assert there, f"{page.name} names {path}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = [pages.ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        names = (link.partition("#")[0] for link in pages.links(page))
        ahead += [(page.parent / name).resolve() for name in names if name]
    assert not set(pages.PAGES) - reached
