"""What follows from a failed attempt."""

import time

import pytest

from gridware.wms.broker import retries
from gridware.wms.broker.settings import Settings
from tests.gridware.broker.samples import make_job

SETTINGS = Settings("rb.example.org", 9000, "gilda", ("localhost:2170",), ("gilda001",), ce_patience=60)
REFUSED = "Globus error 12: the connection to the server failed (check host and port)"
BROKEN = "Globus error 17: the job failed when the job manager attempted to run it"


def jdl(deep: int, shallow: int) -> str:
    return f"[ RetryCount = {deep}; ShallowRetryCount = {shallow}; ]"


def test_gram_texts_as_users_know_them() -> None:
    said = "GRAM Job submission failed because the connection to the server failed (check host and port)"
    said += " (error code 12)"
    assert retries.globus_text(said) == REFUSED
    assert retries.globus_text("no code here") == "no code here"
    no_port = "Initializing GRAM Callback failed because an I/O operation failed (errorcode 3)"
    assert retries.globus_text(no_port) == "Globus error 3: an I/O operation failed"
    failed = "GRAM Job failed because the job failed (error code 17) Details: qsub: Unknown queue\\n"
    assert retries.globus_text(failed) == "Globus error 17: the job failed Details: qsub: Unknown queue"


def test_a_ce_that_is_away_costs_no_retry_for_a_while() -> None:
    fresh = retries.decide(make_job(jdl(0, 0)), REFUSED, False, SETTINGS)
    assert (fresh.again, fresh.counted) == (True, False)
    away = make_job(jdl(9, 9), trouble=time.time() - 61)
    verdict = retries.decide(away, REFUSED, False, SETTINGS)
    assert not verdict.again
    assert verdict.reason == f"Got a job held event, reason: {REFUSED}"


@pytest.mark.parametrize(
    ("deep", "shallow", "started", "used", "again"),
    [
        (0, 0, True, {}, False),
        (1, 0, True, {}, True),
        (1, 0, True, {"deep": 1}, False),
        (0, 2, False, {"shallow": 1}, True),
        (0, 2, False, {"shallow": 2}, False),
        (3, 0, False, {}, False),
        (3, -1, False, {}, True),
        (3, -1, False, {"deep": 3}, False),
    ],
)
def test_counts(deep: int, shallow: int, started: bool, used: dict[str, int], again: bool) -> None:
    job = make_job(jdl(deep, shallow), **used)
    assert retries.decide(job, BROKEN, started, SETTINGS).again is again


def test_spent_retries_are_named_with_the_last_reason() -> None:
    deep = retries.decide(make_job(jdl(1, 0), deep=1), BROKEN, True, SETTINGS)
    assert deep.reason == f"hit job retry count (1): {BROKEN}"
    shallow = retries.decide(make_job(jdl(0, 2), shallow=2), BROKEN, False, SETTINGS)
    assert shallow.reason == f"hit job shallow retry count (2): {BROKEN}"


def test_an_expired_proxy_is_hopeless() -> None:
    verdict = retries.decide(make_job(jdl(3, 3)), "Globus error 131: the user proxy expired", False, SETTINGS)
    assert (verdict.again, verdict.reason) == (False, "Job proxy is expired.")


def test_a_proxy_is_refused_twice_before_it_is_hopeless() -> None:
    refused = "Globus error 7: authentication with the remote server failed"
    first = retries.decide(make_job(jdl(0, 0)), refused, False, SETTINGS)
    assert (first.again, first.counted) == (True, False)
    second = retries.decide(make_job(jdl(3, 3), trouble=time.time()), refused, False, SETTINGS)
    assert (second.again, second.reason) == (False, f"Got a job held event, reason: {refused}")


def test_the_site_limits_retries() -> None:
    assert retries.limits(make_job(jdl(1000, 1000)), SETTINGS) == (10, 10)
