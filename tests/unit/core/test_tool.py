"""Programs of this machine: what they print, and how their end is told."""

import re
import sys
from pathlib import Path

import pytest

from harness import tool
from harness.errors import HarnessError, HostError

FAILED = HarnessError("it did not work")


def test_what_it_prints_of_what_is_typed(tmp_path: Path) -> None:
    assert tool.said(["cat"], FAILED, typed="a word\n") == "a word\n"
    assert tool.said(["pwd"], FAILED, where=tmp_path) == f"{tmp_path}\n"
    assert tool.said(["sh", "-c", "echo mended; exit 1"], FAILED, well=(0, 1)) == "mended\n"


def test_it_has_nobody_to_ask() -> None:
    """Else one that asks a question would wait for a person at the terminal."""
    assert tool.said(["cat"], FAILED) == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["sh", "-c", "echo why >&2; exit 7"], "^why$"),
        (["sh", "-c", "echo why; exit 7"], "^why$"),
        (["sh", "-c", r"printf 'a\377b' >&2; exit 7"], "^a\N{REPLACEMENT CHARACTER}b$"),
        (["sh", "-c", "exit 7"], "^`sh` ended with exit code 7$"),
        (["no-such-program"], "No such file or directory: 'no-such-program'"),
        ([sys.executable, "-c", "print('x' * 9999 + 'last'); raise SystemExit(1)"], "^x{1996}last$"),
    ],
)
def test_how_its_end_is_told(words: list[str], why: str) -> None:
    with pytest.raises(HarnessError) as caught:
        tool.said(words, FAILED)
    assert re.search(why, caught.value.why)


def test_one_that_does_not_end() -> None:
    with pytest.raises(HarnessError) as caught:
        tool.said(["sleep", "300"], FAILED, seconds=0.05)
    assert "timed out" in caught.value.why


def test_tools_of_one_purpose_share_an_error() -> None:
    run = tool.failing_as("the volume can't be used", remedy="mend it")
    assert run("echo", "well") == "well\n"
    with pytest.raises(HostError, match="the volume can't be used") as caught:
        run("ls", "/no/such/place")
    assert caught.value.where == "/no/such/place"
    assert caught.value.why.startswith("ls: ")
    assert caught.value.remedy == "mend it"
