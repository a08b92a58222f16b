"""Whatever is installed has its reason in docs/decisions.md."""

import json
import re
import tomllib

from harness.image import base
from harness.setup import packagelist
from tests.unit.docs import pages

PAGE = pages.ROOT / "docs" / "decisions.md"


def reasons(title: str) -> set[str]:
    """Packages in the tables of a section."""
    rows = pages.rows(pages.section(PAGE, title))
    return {name for row in rows for name in pages.quoted(row[0])}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=]", requirement)[0] for requirement in requirements}


def test_debian_packages_of_the_host() -> None:
    lists = ("packages.list", "packages-test.list")
    texts = [(pages.ROOT / "harness" / "setup" / name).read_text() for name in lists]
    assert reasons("Debian packages of the host") == {n for text in texts for n in packagelist.parse(text)}


def test_debian_packages_of_the_image() -> None:
    assert reasons("Debian packages of the image") == set(base.listed())


def test_python_packages() -> None:
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
    asked = [project["dependencies"], *project["optional-dependencies"].values()]
    assert reasons("Python packages") == {name for each in asked for name in names(each)}


def test_npm_packages() -> None:
    asked = json.loads((pages.ROOT / "package.json").read_text())["dependencies"]
    assert reasons("npm") == set(asked)
