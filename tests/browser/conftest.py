"""A browser without a screen."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HostError
from harness.report.allure import Allure
from harness.setup import allure
from tests.unit.report.samples import Samples

LIMIT = 60
"""Seconds that one page may take; most take one or two."""


@dataclass(frozen=True)
class Browser:
    """Headless Chromium, with nothing kept from one page to the next."""

    program: str
    home: Path

    def dom(self, page: Path, *, width: int = 1280) -> str:
        """The page's DOM after its scripts have had ten seconds of its own time."""
        command = [
            self.program,
            "--headless",
            "--no-sandbox",  # as root there is none; the pages are our own
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={self.home}",
            f"--window-size={width},1000",
            "--virtual-time-budget=10000",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--dump-dom",
            page.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
        return done.stdout

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


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    program = shutil.which("chromium")
    if program is None:
        raise HostError("chromium is not installed", remedy="run `./icebox test`, which installs it")
    return Browser(program, tmp_path / "chromium")


@pytest.fixture
def allure_3(tmp_path: Path) -> Allure:
    """Allure as the set-up installs it; or the one of ``ICEBOX_ALLURE``."""
    named = os.environ.get("ICEBOX_ALLURE")
    return Allure((named,) if named else allure.command(), history=tmp_path / "history.jsonl")


@pytest.fixture
def samples() -> Samples:
    return Samples()
