"""Ends as lines: one for all that end alike."""

from datetime import UTC, datetime, timedelta

from harness.horizon.end import End, lines

SOON = datetime.now(UTC).replace(hour=9, minute=0, second=0) + timedelta(days=3)


def end(where: str, what: str = "the CRL ends", at: datetime = SOON) -> End:
    return End(at, what, where, "all is refused", "`make it anew`")


def test_what_ends_alike_on_a_day_is_one_line_with_the_first_moment() -> None:
    [line] = lines([end("wn", at=SOON + timedelta(minutes=5)), end("ce"), end("ce")])
    assert line == (
        f"{SOON:%Y-%m-%d} 09:00 UTC: the CRL ends (ce, wn): all is refused\nDo before: `make it anew`"
    )


def test_many_places_are_counted() -> None:
    [line] = lines([end(f"wn{number}") for number in range(1, 8)])
    assert "(wn1, wn2, wn3, wn4 and 3 more)" in line


def test_the_earliest_stands_first_and_what_is_over_is_now() -> None:
    later, over = end("ce", at=SOON + timedelta(days=1)), end("ce", "the CA ends", SOON - timedelta(days=9))
    told = lines([later, end("ce"), over])
    assert [line.partition(": ")[0] for line in told] == [
        "now",
        f"{SOON:%Y-%m-%d} 09:00 UTC",
        f"{SOON + timedelta(days=1):%Y-%m-%d} 09:00 UTC",
    ]
