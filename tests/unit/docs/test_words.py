"""The words of the product: the contributor's page names those that the architecture's explains."""

from tests.unit.docs import pages

DOCS = pages.ROOT / "docs"


def test_the_two_pages_name_the_same_words() -> None:
    explained = [
        word
        for row in pages.rows(pages.section(DOCS / "architecture.md", "Words"))
        for word in row[0].split(", ")
    ]
    style = " ".join(pages.section(DOCS / "contributor.md", "Style").split())
    named = style.partition("have one meaning each: ")[2].partition(". [Architecture]")[0]
    assert named.split(", ") == explained
