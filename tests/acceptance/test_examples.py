"""The documentation's examples, run as they stand, and documented JSON beside a real box.

None of these is a check: they say nothing about the school, so the verdict does not hear of them.
"""

import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import allure

from harness.box.box import Box
from harness.report.allurelog import BOX
from harness.state import checkout
from tests.unit.docs import pages

pytestmark = [allure.parent_suite(BOX), allure.suite("Examples of the documentation")]


def _examples() -> Iterator[tuple[str, Callable[..., None]]]:
    for path in sorted((checkout() / "docs" / "examples").glob("test_*.py")):
        for name, found in runpy.run_path(str(path)).items():
            if name.startswith("test_"):
                yield name, found


def _check_of_the_page() -> Iterator[tuple[str, Callable[..., None]]]:
    """The contributor's example of a check, which is none here."""
    checks = [block for block in pages.blocks("python") if "@pytest.mark.check(" in block.text]
    [text] = [block.text for block in checks if block.page.name == "contributor.md"]
    scope: dict[str, Any] = {}
    exec(compile(text, "docs/contributor.md", "exec"), scope)
    for name, found in scope.items():
        if name.startswith("test_"):
            found.pytestmark = []
            yield name, found


# pytest collects what stands in a module, wherever it was written.
globals().update([*_examples(), *_check_of_the_page()])


def test_status_is_as_documented(box: Box) -> None:
    words = [sys.executable, "-m", "harness.cli", "status", "--json", f"--box={box.name}"]
    said = subprocess.run(words, cwd=checkout(), capture_output=True, text=True, check=False)
    [shown] = [block.text for block in pages.blocks("json") if block.page.name == "commands.md"]
    assert _shape(json.loads(said.stdout)) == _shape(json.loads(shown))


def _shape(status: dict[str, object]) -> tuple[set[str], set[str]]:
    nodes = status["nodes"]
    assert isinstance(nodes, list)
    return set(status), set(nodes[0])
