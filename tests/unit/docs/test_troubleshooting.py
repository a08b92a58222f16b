"""docs/troubleshooting.md repeats what icebox really says."""

import re

import pytest

from tests.unit.docs import pages

PAGE = pages.ROOT / "docs" / "troubleshooting.md"
SOURCES = [pages.ROOT / "__main__.py", *sorted((pages.ROOT / "harness").rglob("*.py"))]


def texts() -> list[str]:
    rows = pages.rows(pages.section(PAGE, "What icebox itself says"))
    return [pages.quoted(row[0])[0] for row in rows]


@pytest.fixture(scope="module")
def said() -> str:
    """All the source, without the line breaks within texts."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    return re.sub(r'"\n\s*f?"', "", text)


@pytest.mark.parametrize("text", texts())
def test_the_text_is_in_the_source(text: str, said: str) -> None:
    assert all(part.strip() in said for part in text.split("…"))
