"""Numbers of accounts: each box has its own, and keeps them."""

from itertools import pairwise
from pathlib import Path

from harness.box import numbers, teardown
from harness.image import accounts
from harness.image.accounts import EARLIER
from harness.image.layer import OUTSIDE
from harness.ledger import Ledger
from harness.site import Role
from tests.unit.image.test_accounts import BASE, table
from tests.unit.sites import SITE


def claimed(name: str) -> range:
    """All numbers of a box."""
    given = numbers.claim(Ledger(name))
    return range(given.vo_gid, given.more[-1] + 1)


def test_no_two_boxes_share_a_number(home: Path) -> None:
    spans = sorted((claimed(f"box{n}") for n in range(40)), key=lambda span: span[0])
    assert all(low[-1] < high[0] for low, high in pairwise(spans))
    assert all(len(span) == numbers.SPAN and span[0] >= 0x70000000 and span[-1] < 2**31 for span in spans)


def test_a_place_that_is_taken_is_passed_over(home: Path) -> None:
    first = claimed("school")[0]
    (home / "ledger/school.jsonl").rename(home / "ledger/other.jsonl")
    assert claimed("school")[0] == first + numbers.SPAN


def test_a_box_keeps_its_numbers(home: Path) -> None:
    ledger = Ledger("school")
    given = numbers.claim(ledger)
    ledger.intend("data", "/nowhere/school")
    teardown.own(ledger)
    teardown.keep(ledger)
    teardown.undo_run(ledger)
    assert numbers.claim(ledger) == numbers.of(ledger) == given


def test_a_box_of_an_earlier_icebox_keeps_its_own(home: Path) -> None:
    ledger = Ledger("school")
    ledger.intend("data", "/nowhere/school")
    assert numbers.claim(ledger) == EARLIER
    assert ledger.of_kind("accounts") == []


def test_pool_and_students_have_room(home: Path) -> None:
    given = numbers.claim(Ledger("school"))
    site = SITE
    users = {}
    for role in (Role.CE.value, OUTSIDE):
        users |= table(accounts.add(BASE, site, role, given).texts.passwd)
    found = sorted(int(line[2]) for name, line in users.items() if name.startswith(("gilda", "student")))
    assert len(set(found)) == len(found) == accounts.POOL_SIZE + 1 + len(site.students)
    assert given.vo_gid < found[0]
    assert found[-1] + 99 - len(site.students) < given.more[0]
