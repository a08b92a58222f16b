"""The door knows whom each call is for."""

import pytest

from gridware.wms.broker import server
from gridware.wms.broker.jobcalls import JobCalls
from gridware.wms.broker.perusal import PerusalCalls
from gridware.wms.broker.usercalls import UserCalls

WHO = [(server._USER, UserCalls), (server._JOB, JobCalls), (server._PERUSAL, PerusalCalls)]


@pytest.mark.parametrize(("names", "target"), WHO, ids=["user", "job", "perusal"])
def test_every_call_is_answered_by_somebody(names: set[str], target: type) -> None:
    assert {name for name in names if not callable(getattr(target, name, None))} == set()


def test_no_call_is_for_two_and_bodies_belong_to_calls() -> None:
    names = [name for group, _target in WHO for name in group]
    assert len(names) == len(set(names))
    assert set(names) >= server._WITH_BODY | server._WAKING
