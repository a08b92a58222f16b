"""The job for a Xen host as a runner: its lines are shell, and what icebox gets is understood."""

import re
import shlex
import subprocess
import textwrap

import pytest

from harness import cli
from harness.setup import command as setup
from harness.site import Site
from harness.sitefile import load
from harness.virt import originals
from tests.unit.docs import pages

TEXT = (pages.ROOT / "docs/examples/xen-runner.yml").read_text()
STEP = re.compile(r"^ *(?:- )?run: (?:\|\n(?P<block>(?: {10}.*\n)+)|(?P<line>[^|\n].*)\n)", re.MULTILINE)
SCRIPTS = [textwrap.dedent(found["block"] or f"{found['line']}\n") for found in STEP.finditer(TEXT)]
LINES = [line.strip() for script in SCRIPTS for line in script.splitlines() if "./icebox" in line]


@pytest.fixture
def site() -> Site:
    return load(pages.ROOT / "icebox.toml")


def test_each_step_is_found() -> None:
    assert len(SCRIPTS) == TEXT.count("run: ") == 6
    assert len(LINES) == TEXT.count("./icebox") == 6
    assert "\t" not in TEXT


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_is_shell(script: str) -> None:
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", LINES)
def test_icebox_understands_it(line: str) -> None:
    words = shlex.split(line)
    assert words[0] == "./icebox"
    if words[1] == "setup":
        setup._parser().parse_args(words[2:])
    else:
        assert cli.parser().parse_args(words[1:]).run


def test_it_starts_every_machine_and_asks_each(site: Site) -> None:
    assert set(re.findall(r"\w+Node\b", TEXT)) == {originals.title(node) for node in site.nodes}
    [numbers] = re.findall(r"for number in ([\d ]+);", TEXT)
    assert {f"192.168.1.{number}" for number in numbers.split()} == {str(node.address) for node in site.nodes}
    assert "secrets/ssh-root" in TEXT
