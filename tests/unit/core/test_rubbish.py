"""Rubbish where icebox keeps its books: passed over or told, and never a reason to remove anything else."""

import json
import os
import random
from pathlib import Path

import pytest

from harness import process
from harness.box import teardown
from harness.console import Console, Style
from harness.errors import InputError
from harness.ledger import LaterLedgerError, Ledger, LedgerDamagedError
from harness.report.verdict import Answer, CheckResult, Outcome, Verdict

RUBBISH = (
    *("", "null", "[]", "{}", "7", '"x"', "\x00\x01\x02", "é" * 100, "{" * 20000, "[" * 20000, "9" * 5000),
    '{"op": "intend", "kind": "directory", "key": ["/etc"]}',
    '{"op": "intend", "kind": "directory", "key": null}',
    '{"op": "intend", "kind": "directory", "key": ""}',
    '{"op": "intend", "kind": "directory", "key": "a\\u0000b"}',
    '{"op": "intend", "kind": "holder", "key": "x", "details": []}',
    '{"op": "intend", "kind": "holder", "key": "x", "details": {"box": 7}}',
    '{"op": "gone", "kind": "directory"}',
)
GOOD = {"version": 1, "op": "intend", "kind": "directory", "key": "/run/icebox/school", "details": {}}


def journal(home: Path, *lines: str) -> Ledger:
    ledger = Ledger("school")
    ledger.path.parent.mkdir(parents=True)
    ledger.path.write_text("".join(f"{line}\n" for line in lines))
    return ledger


def test_rubbish_in_a_journal_names_nothing(home: Path) -> None:
    ledger = journal(home, *RUBBISH, json.dumps(GOOD), *RUBBISH)
    assert [(entry.kind, entry.key) for entry in ledger.open_entries()] == [
        ("directory", "/run/icebox/school")
    ]


@pytest.mark.parametrize(
    "line", ['{"op": ["intend"]}', '{"kind": {}}', '{"version": 1e999}', '{"version": "1"}']
)
def test_what_may_be_a_later_ones_is_left_alone(home: Path, line: str) -> None:
    with pytest.raises(LaterLedgerError):
        journal(home, line).open_entries()


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "1e3", "9" * 400])
def test_an_owner_that_is_no_process(home: Path, number: str) -> None:
    owner = {**GOOD, "kind": "owner", "key": number or "?", "details": {"identity": ""}}
    ledger = journal(home, json.dumps(owner))
    assert teardown.live_owner(ledger) == 0
    assert teardown.clean(Console(style=Style.QUIET)) == ["school"]


def test_no_process_bears_an_empty_mark() -> None:
    assert list(process.marked("", "")) == []
    assert not process.bears(os.getpid(), "", "")


def test_a_journal_that_is_no_file(home: Path) -> None:
    ledger = journal(home)
    ledger.path.unlink()
    ledger.path.mkdir()
    with pytest.raises(LedgerDamagedError):
        ledger.open_entries()


VERDICT = Verdict(
    Answer.NO_GO, (CheckResult("CE-1", "a", "ce", Outcome.FAILED, 1.0, "broken"),), box={"name": "x"}
).to_json()


@pytest.mark.parametrize("text", [*RUBBISH, VERDICT[:-40], VERDICT.replace('"failed"', '"perhaps"')])
def test_rubbish_for_a_verdict(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Verdict.from_json(text)
    assert len(str(caught.value)) < 1000
    assert caught.value.remedy


def test_a_thousand_broken_verdicts() -> None:
    """Each is refused, or is one whose texts can be shown."""
    dice, taken = random.Random(8), 0
    for _ in range(1000):
        raw = json.loads(VERDICT)
        place = dice.choice([raw, raw["checks"][0]])
        place[dice.choice(list(place))] = dice.choice(
            [None, 1, [], {}, "x", [1], {"a": []}, True, [[]], "go"]
        )
        try:
            verdict = Verdict.from_json(json.dumps(raw))
        except InputError:
            continue
        taken += 1
        for check in verdict.checks:
            assert f"{check.outcome.value:<8} {check.id:<7}{check.title}{check.message.splitlines()}"
    assert 50 < taken < 950
