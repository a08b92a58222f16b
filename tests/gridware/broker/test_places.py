"""What lies on RB: a job's things are its account's or root's, and its proxy goes with it."""

import pwd
from pathlib import Path

import pytest

from gridware.wms.broker import places
from tests.gridware.broker.callers import ACCOUNT, Rb


def rights(path: Path) -> tuple[int, int]:
    """Mode, and the number of the owner."""
    return path.stat().st_mode & 0o777, path.stat().st_uid


def test_accounts_pass_through_and_read_only_their_own(rb: Rb) -> None:
    job = rb.under_way()
    places.write(places.proxy(job), b"a proxy", ACCOUNT)
    places.make_attempt(job, {"wrapper": b"the key is in it"})
    own = pwd.getpwnam(ACCOUNT).pw_uid
    assert [rights(path) for path in (places.HOME, places.JOBS, places.of_job(job))] == [(0o711, 0)] * 3
    for path in (places.PROXIES, places.inputs(job), places.outputs(job)):
        assert rights(path) == (0o700, 0), path
    assert rights(places.proxy(job)) == (0o600, own)
    assert rights(places.attempt(job)) == (0o700, own)
    assert rights(places.attempt(job) / "wrapper") == (0o600, own)


def test_keys_of_a_renewal_that_was_killed_are_gone_with_the_next_start(rb: Rb) -> None:
    job = rb.under_way()
    places.write(places.proxy(job), b"a proxy", ACCOUNT)
    half_way = places.PROXIES / "tmpx1"
    half_way.mkdir()
    (half_way / "plain").write_text("a key")
    (places.PROXIES / ".look.x1").touch()
    (places.PROXIES / "elsewhere").symlink_to(places.of_job(job))
    places.prepare()
    assert not [*places.PROXIES.iterdir()]
    assert places.proxy(job).read_bytes() == b"a proxy"


@pytest.mark.parametrize("keep_output", [True, False])
def test_a_job_that_has_ended_leaves_no_key(rb: Rb, keep_output: bool) -> None:
    job = rb.under_way(files=["a"])
    key = b"-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n"
    places.write(places.proxy(job), b"a proxy\n" + key + b"its issuer\n", ACCOUNT)
    (places.outputs(job) / "0").write_text("output")
    places.tidy(job, keep_output)
    left = {path.name for path in places.of_job(job).glob("*")}
    assert left == ({"out", "proxy"} if keep_output else set())
    assert not keep_output or places.proxy(job).read_bytes() == b"a proxy\nits issuer\n"
