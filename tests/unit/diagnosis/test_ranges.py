"""Ranges of ports: a program that has all of them leaves none for whoever comes next."""

from typing import Any

import pytest

from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged


def holding(site: Site, count: int, *, each_its_own: bool = False) -> Answers:
    """Every port is reached, and so many of the CE's range are held, by one program or by many."""
    [row] = [row for row in site.ports if row.first != row.last and row.address == site.ce.address]
    held = {
        str(row.target_of(row.first + number)): [{"who": f"squatter[{7 + number * each_its_own}]"}]
        for number in range(count)
    }

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return held if words[0] == "listeners" else {f"{host}:{port}": "" for host, port in words[1]}

    return answer


@pytest.mark.parametrize(("count", "free", "degraded"), [(100, 0, False), (95, 5, True)])
def test_a_program_that_has_a_whole_range_is_named_with_what_ends_it(
    site: Site, count: int, free: int, degraded: bool
) -> None:
    [seen] = judged(site, "ranges", Role.CE, holding(site, count))
    assert seen.why == f"has {free} of its ports 20200-20299 free: squatter[7] holds {count}"
    assert seen.degraded is degraded
    assert seen.remedy == f"`kill 7` on {site.ce} ends that program"


def test_many_job_managers_at_work_are_no_fault(site: Site) -> None:
    assert judged(site, "ranges", Role.CE, holding(site, 80, each_its_own=True)) == []
