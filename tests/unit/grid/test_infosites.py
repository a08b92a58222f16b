"""lcg-infosites, in the layouts of versions 2 and 3."""

import pytest

from harness.errors import CheckFailed
from harness.grid.errors import UnexpectedOutput
from harness.grid.infosites import CeId, parse_ce, parse_se

CE_HEADER = "#CPU\tFree\tTotal Jobs\tRunning\tWaiting\tComputingElement\n" + "-" * 58 + "\n"
SE_HEADER = "Avail Space(Kb) Used Space(Kb)  Type\tSEs\n" + "-" * 58 + "\n"


def test_queues_with_their_numbers() -> None:
    text = CE_HEADER + "  10\t   9\t   1\t          1\t   0\tce.example.org:2119/jobmanager-lcgpbs-short\n"
    (row,) = parse_ce(text)
    assert (row.total, row.free, row.jobs, row.running, row.waiting) == (10, 9, 1, 1, 0)
    assert row.ce.queue == "short"
    assert row.counted


def test_rows_of_version_3() -> None:
    text = (
        "#   CPU\t   Free\tTotal Jobs\tRunning\tWaiting\tComputingElement\n"
        "     10\t      9\t         3\t      1\t      2\tce.example.org:8443/cream-pbs-a-b\n"
    )
    (row,) = parse_ce(text)
    assert row.waiting == 2
    assert row.ce == CeId("ce.example.org", 8443, "cream", "pbs", "a-b")


def test_a_site_that_cannot_count_its_jobs() -> None:
    (row,) = parse_ce(f"{CE_HEADER}0\t0\t0\t0\t444444\tce.example.org:2119/jobmanager-pbs-short\n")
    assert not row.counted


def test_no_site_at_all() -> None:
    assert parse_ce(CE_HEADER) == ()


def test_no_answer_is_no_empty_list() -> None:
    with pytest.raises(CheckFailed, match="prints nothing: no BDII answers"):
        parse_ce("")


def test_space_of_an_se() -> None:
    first, second = parse_se(
        f"{SE_HEADER}35000000        1200000         n.a \tse.example.org\n"
        "n.a             n.a             n.a \told.example.org\n"
    )
    assert (first.available, first.used, first.type, first.se) == (35000000, 1200000, "n.a", "se.example.org")
    assert (second.available, second.used) == (None, None)


@pytest.mark.parametrize("text", ["ce.org:2119", "ce.org/jobmanager-pbs-short", "ce:x/jobmanager-a-b"])
def test_what_is_no_ce_id(text: str) -> None:
    with pytest.raises(UnexpectedOutput):
        CeId.parse(text)


def test_a_ce_id_is_written_as_it_was_read() -> None:
    text = "ce.example.org:2119/jobmanager-pbs-very-long"
    assert str(CeId.parse(text)) == text
