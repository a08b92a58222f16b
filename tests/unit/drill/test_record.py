"""A drill on disk: what was held stands there at once, and another process goes on with the rest."""

import json
from pathlib import Path

import pytest

from harness.drill.plan import Plan
from harness.drill.record import FILE, Record
from harness.errors import InputError
from harness.faults.registry import named
from tests.drill.tried import Told, failing
from tests.unit.drill.results import DISK, GATEKEEPER, result

PLAN = Plan(tuple((named(name),) for name in ("wn-offline", "wn-drained", "queue-ce-closed")), whole=True)


def begun(directory: Path) -> Record:
    record = Record(directory, PLAN, "diagnose", seed=7)
    record.write()
    return record


def test_what_was_held_is_there_for_who_goes_on(tmp_path: Path) -> None:
    first = begun(tmp_path)
    first.add(2, result(GATEKEEPER, typed=("here: x",)))
    first.add(0, result(DISK, checks=("CE-1",)))
    second = Record.read(tmp_path)
    assert second == first
    assert list(second.left) == [1]
    assert (second.left[1][0].name, second.plan.whole) == ("wn-drained", True)


def test_a_trial_that_could_not_be_held_is_held_again(tmp_path: Path) -> None:
    begun(tmp_path).add(0, result(trouble="no box comes up", sound=False))
    assert list(Record.read(tmp_path).left) == [0, 1, 2]


def test_one_that_is_whole_leaves_nothing_and_one_that_is_not_is_not_passed(tmp_path: Path) -> None:
    record = begun(tmp_path)
    for number in range(3):
        assert not record.matrix().passed
        record.add(number, result(GATEKEEPER))
    assert record.matrix().passed
    assert json.loads((tmp_path / FILE).read_text())["summary"]["left"] == 0


@pytest.mark.tries("name the directory of one with --resume DIR, or begin another: ./icebox drill")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.unlink(),
        lambda file: file.write_text(""),
        lambda file: file.write_bytes(b"\xff\xfe"),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_text(file.read_text().replace('"schema": 1', '"schema": 99')),
        lambda file: file.write_text(file.read_text().replace('"trial": 1', '"trial": 3')),
        lambda file: file.write_text(file.read_text().replace('"wanted": [', '"want": [')),
    ],
    ids=["gone", "empty", "no text", "deep", "another version", "no such trial", "a field less"],
)
def test_what_is_no_drill_is_refused(spoil, told: Told, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    begun(tmp_path).add(1, result(GATEKEEPER))
    spoil(tmp_path / FILE)
    failing(told, lambda: Record.read(tmp_path), InputError, match="no drill to go on with")
    begun(tmp_path)
    assert list(Record.read(tmp_path).left) == [0, 1, 2]


def test_a_fault_that_there_is_no_more_is_named(tmp_path: Path) -> None:
    begun(tmp_path)
    file = tmp_path / FILE
    file.write_text(file.read_text().replace("wn-drained", "wn-drowned"))
    with pytest.raises(InputError, match="there is no fault 'wn-drowned'"):
        Record.read(tmp_path)
