"""What a user may do with jobs: all with their own, nothing with others', and no guest submits any."""

from collections.abc import Callable
from typing import Any

import pytest

from gridware.wms.broker import delegation, places
from gridware.wms.broker.job import State
from gridware.wms.broker.perusal import PerusalCalls
from gridware.wms.broker.usercalls import CallError, UserCalls
from tests.gridware.broker.callers import OTHER, Rb, body
from tests.gridware.broker.samples import ID, STUDENT

ADMIN = ("/gilda/Role=VO-Admin/Capability=NULL", "/gilda/Role=NULL/Capability=NULL")
JDL = '[ Executable = "/bin/true"; PerusalFileEnable = true; ]'
OUTPUT = "std.out"
Call = Callable[[UserCalls], object]
LOOKING: dict[str, Call] = {
    "status": lambda user: user.status({"ids": [ID]}),
    "events": lambda user: user.events({"id": ID}),
    "cancel": lambda user: _cancelled(user),
}
"""What the VO's admin may, too."""
OWN: dict[str, Call] = {
    "put": lambda user: user.put({"id": ID, "name": 0, "length": 4}, body()),
    "start": lambda user: user.start({"ids": [ID]}),
    "proxy": lambda user: user.proxy({"id": ID}),
    "output": lambda user: user.output({"id": ID}),
    "get": lambda user: user.get({"id": ID, "name": 0}),
    "purge": lambda user: user.purge({"id": ID}),
    "perusal": lambda user: PerusalCalls(user).perusal({"id": ID, "names": []}),
    "peek": lambda user: PerusalCalls(user).peek({"id": ID, "name": "a"}),
    "slice": lambda user: PerusalCalls(user).slice({"id": ID, "name": "a"}),
    "peeked": lambda user: PerusalCalls(user).peeked({"id": ID, "names": []}),
}


def _cancelled(user: UserCalls) -> None:
    ((_id, done, why),) = user.cancel({"ids": [ID]})["results"]
    if not done:
        raise CallError("", why)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.DONE])
@pytest.mark.parametrize("name", [*LOOKING, *OWN])
def test_a_job_is_its_owner_s_alone(rb: Rb, name: str, state: State) -> None:
    job = rb.book(jdl=JDL, files=["a"])
    rb.books.store.update(ID, state=state, changed=job.changed, outputs=[OUTPUT])
    before = rb.found()
    for file in (places.inputs(job) / "0", places.outputs(job) / "0", places.proxy(job)):
        file.write_text("the owner's")
    with pytest.raises(CallError) as refused:
        {**LOOKING, **OWN}[name](rb.user(OTHER))
    with pytest.raises(CallError) as unknown:
        rb.user(OTHER).mine(f"{ID[:-1]}B")
    same = str(unknown.value).replace(f"{ID[:-1]}B", ID)
    assert str(refused.value) == same, "whether another's job exists is nobody's business"
    assert rb.found() == before
    assert (places.inputs(job) / "0").read_text() == "the owner's"


@pytest.mark.parametrize("name", OWN)
def test_the_admin_looks_and_cancels_and_no_more(rb: Rb, name: str) -> None:
    job = rb.book(jdl=JDL, files=["a"])
    places.proxy(job).write_text("the owner's")
    with pytest.raises(CallError, match="of yours is known"):
        OWN[name](rb.user(OTHER, fqans=ADMIN))


@pytest.mark.parametrize("name", LOOKING)
@pytest.mark.parametrize(
    ("role", "may"),
    [
        (ADMIN, True),
        (("/gilda/Role=SoftwareManager/Capability=NULL",), False),
        (("/gilda/group/Role=VO-Admin",), False),
    ],
)
def test_what_the_admin_may(rb: Rb, name: str, role: tuple[str, ...], may: bool) -> None:
    rb.book()
    user = rb.user(OTHER, fqans=role)
    if may:
        LOOKING[name](user)
    else:
        with pytest.raises(CallError):
            LOOKING[name](user)


def test_all_are_all_of_one(rb: Rb) -> None:
    rb.book()
    assert rb.user(OTHER, fqans=ADMIN).all({}) == {"jobs": []}
    assert [job["id"] for job in rb.user().all({})["jobs"]] == [ID]


def asked(job_id: str = ID, **more: Any) -> dict[str, Any]:
    return {"jobs": [{"id": job_id, "jdl": JDL, **more}]}


GUESTS: list[tuple[dict[str, Any], str]] = [
    ({"vo": ""}, "no valid VOMS attributes"),
    ({"vo": "cms"}, "the VO gilda only"),
    ({"limited": True}, "a limited proxy"),
]


@pytest.mark.parametrize(("guest", "why"), GUESTS)
def test_a_guest_submits_nothing(rb: Rb, guest: dict[str, Any], why: str) -> None:
    user = rb.user(**guest)
    with pytest.raises(CallError, match=why):
        user.register(asked())
    with pytest.raises(CallError, match=why):
        user.delegate({"ids": []})
    assert rb.books.store.of_owner(STUDENT) == []


@pytest.mark.parametrize(
    "job_id",
    [
        "https://rb.example.org:9000/short",
        "https://rb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA/../../x",
        "https://rb.example.org:9000/../AAAAAAAAAAAAAAAAAAA",
        "https://other.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_an_id_is_one_of_this_broker(rb: Rb, job_id: str) -> None:
    """Its last part is the name of a directory."""
    with pytest.raises(CallError, match="no id of this broker"):
        rb.user().register(asked(job_id))
    assert list(places.JOBS.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "x" * 256])
def test_a_file_has_a_name(rb: Rb, name: str) -> None:
    with pytest.raises(CallError, match="can't be used"):
        rb.user().register(asked(files=["good", name]))


def test_an_id_is_given_once(rb: Rb) -> None:
    """Another's job would be written over, and all of a collection come or none."""
    before = rb.book()
    new = f"{ID[:-1]}B"
    with pytest.raises(CallError, match="is taken"):
        rb.user(OTHER).register({"jobs": [{"id": new, "jdl": JDL}, {"id": ID, "jdl": JDL}]})
    assert rb.found() == before
    assert rb.books.store.job(new) is None


def test_files_come_before_the_start_and_no_more_than_were_said(rb: Rb) -> None:
    user = rb.user()
    user.register(asked(files=["a", "b"]))
    for number in (-1, 2):
        with pytest.raises(CallError, match="no such file"):
            user.put({"id": ID, "name": number, "length": 4}, body())
    with pytest.raises(ValueError, match="invalid literal"):
        user.put({"id": ID, "name": "../proxy", "length": 4}, body())
    user.put({"id": ID, "name": 0, "length": 4}, body())
    with pytest.raises(CallError, match="b did not arrive"):
        user.start({"ids": [ID]})
    user.put({"id": ID, "name": 1, "length": 4}, body())
    with pytest.raises(CallError, match="no proxy"):
        user.start({"ids": [ID]})
    places.proxy(rb.found()).write_text("a proxy")
    user.start({"ids": [ID]})
    assert rb.found().state is State.WAITING
    with pytest.raises(CallError, match="no such file"):
        user.put({"id": ID, "name": 0, "length": 5}, body(b"later"))
    assert (places.inputs(rb.found()) / "0").read_bytes() == b"text"


def test_a_signed_proxy_goes_to_own_jobs_alone(rb: Rb, monkeypatch: pytest.MonkeyPatch) -> None:
    rb.book()
    monkeypatch.setattr(delegation, "credential", lambda key, chain: b"a proxy")
    monkeypatch.setattr(delegation, "expiry", lambda chain: float("inf"))
    with pytest.raises(CallError, match="no delegation was asked for"):
        rb.user().delegated({"ids": [ID], "chain": ""})
    other = rb.user(OTHER)
    other.delegate({"ids": [ID]})
    with pytest.raises(CallError, match="of yours"):
        other.delegated({"ids": [ID], "chain": ""})
    rb.held.keep(OTHER.encode(), b"a proxy")
    with pytest.raises(CallError, match="of yours"):
        other.delegate({"ids": [ID]})
    assert not places.proxy(rb.found()).exists()


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (State.CLEARED, "already retrieved"),
        (State.CANCELLED, "has been cancelled"),
        (State.ABORTED, "has been aborted"),
        (State.RUNNING, "not yet ready"),
    ],
)
def test_an_output_is_given_once_and_when_it_is_whole(rb: Rb, state: State, why: str) -> None:
    job = rb.book()
    (places.outputs(job) / "0").write_text("half")
    rb.books.store.update(ID, state=state, outputs=[OUTPUT])
    for name in ("output", "get", "purge"):
        with pytest.raises(CallError, match=why):
            OWN[name](rb.user())
    assert (places.outputs(job) / "0").exists()


@pytest.mark.parametrize("name", ["../proxy", "/etc/passwd"])
def test_an_output_has_a_number(rb: Rb, name: str) -> None:
    places.proxy(rb.book()).write_text("a proxy")
    rb.books.store.update(ID, state=State.DONE)
    with pytest.raises(ValueError, match="invalid literal"):
        rb.user().get({"id": ID, "name": name})


def test_slices_are_the_job_s_own(rb: Rb) -> None:
    """A name of theirs leads to no other directory."""
    job = rb.book(jdl=JDL)
    user = PerusalCalls(rb.user())
    user.perusal({"id": ID, "names": ["a"]})
    places.proxy(job).write_text("a proxy")
    for name in ("../../proxy", str(places.proxy(job))):
        with pytest.raises(CallError, match="there is no slice proxy"):
            user.slice({"id": ID, "name": name})
        with pytest.raises(CallError, match="there is no slice proxy"):
            user.peeked({"id": ID, "names": [name]})
    assert places.proxy(job).exists()


def test_what_has_ended_is_not_cancelled(rb: Rb) -> None:
    rb.book()
    rb.books.store.update(ID, state=State.DONE)
    with pytest.raises(CallError, match="Cancel not allowed"):
        _cancelled(rb.user())
    assert rb.found().state is State.DONE


def test_members_get_an_account_each_as_long_as_there_are_some(rb: Rb) -> None:
    for number, (dn, letter) in enumerate([(STUDENT, "A"), (OTHER, "B")]):
        job_id = ID[:-1] + letter
        rb.user(dn).register(asked(job_id))
        assert rb.found(job_id).account == rb.settings.pool[number]
    with pytest.raises(CallError, match="all pool accounts"):
        rb.user("/CN=Student 03").register(asked(f"{ID[:-1]}C"))
