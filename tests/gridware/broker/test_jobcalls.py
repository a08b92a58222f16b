"""Who may speak for a job: the wrapper of its present attempt, with its owner's proxy, and only one."""

from typing import Any

import pytest

from gridware.wms.broker import places
from gridware.wms.broker.job import State
from gridware.wms.broker.usercalls import CallError
from tests.gridware.broker.callers import CLAIM, OTHER, Rb, body, told
from tests.gridware.broker.samples import STUDENT

STRANGERS = [
    (OTHER, told()),
    (STUDENT, told(key="another key")),
    (STUDENT, told(key="")),
    (STUDENT, told(attempt=2)),
    (STUDENT, told(attempt=0)),
    (STUDENT, told(job="https://rb.example.org:9000/BBBBBBBBBBBBBBBBBBBBBB")),
    (STUDENT, {name: value for name, value in told().items() if name != "key"}),
]
CALLS = ["claim", "fetch", "started", "peruse", "perused", "store", "finish"]
MORE = {"claim": CLAIM, "name": 0, "exit_code": 0, "length": 4}
WITH_BODY = ("perused", "store")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("dn", "header"), STRANGERS)
def test_nobody_else_speaks_for_a_job(rb: Rb, dn: str, header: dict[str, Any], call: str) -> None:
    before = rb.under_way(files=["a"])
    (places.inputs(before) / "0").write_text("an input")
    words = [header | MORE, *([body()] if call in WITH_BODY else [])]
    with pytest.raises(CallError, match="not wanted any more"):
        getattr(rb.wrapper(dn), call)(*words)
    assert rb.found() == before
    assert list(places.outputs(before).iterdir()) == []


def test_a_job_without_an_attempt_has_no_key_to_guess(rb: Rb) -> None:
    rb.book()
    with pytest.raises(CallError):
        rb.wrapper().claim(told(attempt=0, key="", claim=CLAIM))


@pytest.mark.parametrize("end", [State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED])
def test_a_job_that_has_ended_takes_nothing_more(rb: Rb, end: State) -> None:
    job = rb.under_way()
    rb.books.store.update(job.id, state=end)
    with pytest.raises(CallError):
        rb.wrapper().store(told(name=0, length=4), body())
    with pytest.raises(CallError):
        rb.wrapper().finish(told(exit_code=0))
    assert list(places.outputs(job).iterdir()) == []


def test_one_wrapper_of_an_attempt_runs_and_hears_it_again(rb: Rb) -> None:
    rb.under_way()
    for _time in range(2):
        assert rb.wrapper().claim(told(claim=CLAIM, worker="wn1", contact="a contact")) == {}
    with pytest.raises(CallError, match="another wrapper"):
        rb.wrapper().claim(told(claim="another's", worker="wn2"))
    job = rb.found()
    assert (job.state, job.claim, job.worker, job.contact) == (State.RUNNING, CLAIM, "wn1", "a contact")


@pytest.mark.parametrize("name", ["../proxy", "/etc/passwd", "../../book.db"])
def test_files_are_numbers(rb: Rb, name: str) -> None:
    """The rest of the machine has names."""
    job = rb.under_way(files=["a"])
    places.proxy(job).write_text("a proxy")
    with pytest.raises(ValueError, match="invalid literal"):
        rb.wrapper().fetch(told(name=name))
    with pytest.raises(ValueError, match="invalid literal"):
        rb.wrapper().store(told(name=name, length=4), body())
    assert places.proxy(job).read_text() == "a proxy"


def test_the_end_is_booked_with_its_outputs(rb: Rb) -> None:
    job = rb.under_way()
    rb.wrapper().store(told(name=0, length=4), body())
    rb.wrapper().finish(told(exit_code=3, outputs=["std.out"], missing=["std.err"]))
    ended = rb.found()
    assert (ended.state, ended.exit_code, ended.outputs) == (State.DONE, 3, ["std.out"])
    assert "std.err" in ended.reason
    assert (places.outputs(job) / "0").read_bytes() == b"text"


def test_a_failure_is_the_engine_s_to_judge(rb: Rb) -> None:
    rb.under_way()
    rb.wrapper().finish(told(failure="no space", final=True))
    assert rb.engine.failures == ["no space True"]
    assert rb.found().state is State.READY
