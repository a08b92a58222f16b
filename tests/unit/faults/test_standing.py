"""A fault is in the ledger before it is in the box, and there until it is out."""

import os
from pathlib import Path

import pytest

from harness import process
from harness.box import teardown
from harness.errors import HarnessError, InputError
from harness.faults import standing
from harness.faults.fault import Fault, Step
from harness.faults.registry import named
from harness.ledger import Ledger
from tests.unit.faults.fakes import FakeBox

FAULT = named("gatekeeper-ce-stopped")
OTHER = named("catalogue-rb-stopped")
BRINGS = Fault(
    "brings", "it brings a file", "gatekeeper@ce", (Step("ce", "put", "take", (("new", lambda _: b"x"),)),)
)

pytestmark = pytest.mark.usefixtures("home")


def names(ledger: Ledger) -> list[str]:
    return [each.fault.name for each in standing.standing(ledger)]


def test_it_is_written_down_before_anything_is_typed() -> None:
    seen: list[list[str]] = []

    def judge(_text: str) -> bool:
        seen.append(names(Ledger("school")))
        return True

    standing.put(FakeBox(judge=judge).box, FAULT)
    assert seen
    assert all(each == [FAULT.name] for each in seen)


def test_what_is_taken_out_is_typed_and_forgotten() -> None:
    fake = FakeBox()
    standing.put(fake.box, FAULT)
    fake.typed.clear()
    standing.take(fake.box, standing.standing(fake.ledger)[0])
    assert [place for place, _ in fake.typed] == ["ce"]
    assert "systemctl start globus-gatekeeper" in fake.typed[0][1]
    assert names(fake.ledger) == []


def test_what_can_not_be_put_in_is_taken_back_at_once() -> None:
    fake = FakeBox(judge=lambda text: "systemctl stop globus" not in text)
    with pytest.raises(HarnessError, match="could not be done"):
        standing.put(fake.box, FAULT)
    assert "systemctl start" in fake.typed[-1][1]
    assert names(fake.ledger) == []


def test_what_can_not_be_taken_out_stays_known() -> None:
    fake = FakeBox()
    standing.put(fake.box, FAULT)
    standing.put(fake.box, OTHER)
    fake.judge = lambda text: "icebox-catalogue" not in text
    with pytest.raises(HarnessError):
        standing.take_all(fake.box)
    assert names(fake.ledger) == [OTHER.name]


def test_files_that_it_brings_lie_there_first_and_are_roots() -> None:
    fake = FakeBox()
    standing.put(fake.box, BRINGS)
    assert fake.typed[1] == ("ce", f"/var/lib/icebox/kept/{BRINGS.mark}0/new 600 True")


def test_twice_is_refused() -> None:
    fake = FakeBox()
    standing.put(fake.box, FAULT)
    with pytest.raises(InputError, match="is in the box 'school' already"):
        standing.put(fake.box, FAULT)


def test_nothing_is_put_into_a_box_that_was_taken_down() -> None:
    fake = FakeBox()
    fake.ledger.gone(*fake.ledger.open_entries())
    with pytest.raises(HarnessError, match="was taken down meanwhile"):
        standing.put(fake.box, FAULT)
    assert fake.typed == []
    assert not fake.ledger.path.exists(), "nothing was written down either"


def test_a_drill_takes_its_fault_out_however_it_ends() -> None:
    fake = FakeBox()
    during = []

    def drill() -> None:
        with standing.within(fake.box, FAULT):
            during.append((names(fake.ledger), standing.orphans(fake.ledger)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drill()
    assert during == [([FAULT.name], ())]
    assert names(fake.ledger) == []


def test_a_fault_of_a_drill_that_died_is_an_orphan_and_a_trainers_is_not() -> None:
    fake = FakeBox()
    standing.put(fake.box, FAULT, by=f"{os.getpid()}:an earlier boot.1")
    standing.put(fake.box, OTHER)
    assert [each.fault for each in standing.orphans(fake.ledger)] == [FAULT]
    assert process.is_signature(process.signature(os.getpid()))


def test_of_several_a_process_takes_out_its_own() -> None:
    fake = FakeBox()
    standing.put(fake.box, FAULT, by=process.signature(os.getpid()))
    standing.put(fake.box, OTHER)
    standing.take_own(fake.box)
    assert names(fake.ledger) == [OTHER.name]


def test_what_another_version_put_in_is_passed_over() -> None:
    ledger = Ledger("school")
    ledger.intend(standing.KIND, "of-tomorrow", fault="of-tomorrow", since="2026-01-01T00:00:00+00:00")
    assert standing.standing(ledger) == ()


def test_the_end_of_a_box_is_the_end_of_its_faults(home: Path) -> None:
    ledger = Ledger("school")
    ledger.intend("data", str(home / "data"))
    standing.put(FakeBox().box, FAULT)
    ledger.replay(teardown.undoing())
    assert ledger.open_entries() == []


def test_a_fault_outlives_the_run_of_a_box_that_is_kept(home: Path) -> None:
    ledger = Ledger("school")
    ledger.intend("data", str(home / "data"))
    teardown.keep(ledger)
    standing.put(FakeBox().box, FAULT)
    teardown.undo_run(ledger)
    assert names(ledger) == [FAULT.name]
