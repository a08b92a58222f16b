"""A browser without a screen."""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HostError
from harness.report.allure import Allure
from harness.setup import allure

LIMIT = 60
"""Seconds that one page may take; most take one or two."""


@dataclass(frozen=True)
class Browser:
    """Headless Chromium, with nothing kept from one page to the next."""

    program: str

    def dom(self, page: Path, *, width: int = 1280) -> str:
        """The page's DOM after its scripts have had ten seconds of its own time."""
        with tempfile.TemporaryDirectory() as home:
            command = [
                *(self.program, "--headless", "--disable-gpu", "--disable-dev-shm-usage"),
                "--no-sandbox",  # as root there is none; the pages are our own
                *(f"--user-data-dir={home}", f"--window-size={width},1000"),
                *("--virtual-time-budget=10000", "--host-resolver-rules=MAP * ~NOTFOUND"),
                *("--dump-dom", page.as_uri()),
            ]
            return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True).stdout

    def words(self, page: Path) -> str:
        """The text of the page's DOM, without scripts and styles."""
        dom = re.sub(r"<(script|style)\b.*?</\1>", " ", self.dom(page), flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", dom)).split())

    def probe(self, page: Path, script: str, *, width: int = 1280) -> Any:
        """The value of ``script``, a JavaScript expression, in the page."""
        put = f"document.body.appendChild(document.createElement('pre')).append(JSON.stringify({script}))"
        copy = page.with_name(f"probe-{page.name}")
        copy.write_text(page.read_text().replace("</body>", f"<script>{put}</script></body>"))
        found = re.findall(r"<pre>([^<]*)</pre>\s*</body>", self.dom(copy, width=width))
        return json.loads(html.unescape(found[0]))


@pytest.fixture(scope="session")
def browser() -> Browser:
    program = shutil.which("chromium")
    if program is None:
        raise HostError("chromium is not installed", remedy="run `./icebox test`, which installs it")
    return Browser(program)


@pytest.fixture(scope="module")
def allure_3(tmp_path_factory: pytest.TempPathFactory) -> Allure:
    """Allure as the set-up installs it, or the one of ``ICEBOX_ALLURE``; with a history of its own."""
    named = os.environ.get("ICEBOX_ALLURE")
    history = tmp_path_factory.mktemp("allure") / "history.jsonl"
    return Allure((named,) if named else allure.command(), history=history)
