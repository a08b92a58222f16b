"""What diagnose and status print of what nodes say, which may be anybody's words."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from harness import cli
from harness.commands import box as box_commands
from harness.diagnosis import diagnose
from harness.diagnosis.finding import Finding, Findings

STEERING = "\x1b]0;mine\x07 \x1b[2J\x9b8m"
"""A title, a screen that is wiped, and words that are hidden (ECMA-48)."""


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> None:
    """A box of which a student's shell says something strange."""
    made: Any = SimpleNamespace(name="mine", secrets=SimpleNamespace(redact=str), close=int)
    finding = Finding(
        link="programs",
        node="ui",
        what=f"no{STEERING}",
        output=f"a{STEERING}\nb",
        log=(STEERING,),
        remedy=f"rm{STEERING}",
    )
    found = Findings(broken=(finding,), unasked=(f"ui: {STEERING}\n  why: it ended",))
    monkeypatch.setattr("harness.commands.diagnose.box_that_is_up", lambda _: made)
    monkeypatch.setattr(diagnose, "diagnose", lambda _: found)


@pytest.mark.usefixtures("box")
def test_nothing_that_a_node_says_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diagnose", "--box", "mine"]) == 1
    said = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b"} & {*said}
    assert r"broken: no\x1b]0;mine\x07 \x1b[2J\x9b8m  [programs@ui]" in said
    assert "\n  why: it ended" in said


@pytest.mark.usefixtures("box")
def test_programs_read_it_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diagnose", "--box", "mine", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["broken"][0]["what"] == f"no{STEERING}"


def test_the_same_of_status() -> None:
    broken = {"what": "sshd", "why": f"does not answer: {STEERING}", "means": "x", "remedy": "y"}
    found = {"box": "mine", "public_address": "192.0.2.1", "nodes": [], "broken": [broken]}
    said = box_commands._text({**found, "missing_walls": [], "warnings": []})
    assert not {"\x1b", "\x07", "\x9b"} & {*said}
    assert r"sshd does not answer: \x1b]0;mine\x07" in said
