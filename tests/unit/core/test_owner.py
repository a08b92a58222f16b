"""The lease on a box and its owner, with fakes of bring-up and tear-down."""

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import owner as owner_module
from fixtures.lease import Lease
from fixtures.owner import Keep, Owner
from harness import process
from harness.box import bringup, teardown
from harness.call import Call
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.errors import HarnessError, HostError
from harness.ledger import Ledger
from tests.unit.sites import SITE


@pytest.fixture
def lease(tmp_path: Path) -> Lease:
    return Lease.create(tmp_path / "lease")


@pytest.mark.parametrize("ago", [0.0, 1000.0])
def test_the_whole_time_is_told(lease: Lease, ago: float) -> None:
    call = Call(started=time.monotonic() - ago if ago else 0.0)
    owner = Owner(lease, SITE, "box", Keep.NEVER, Console(style=Style.QUIET), call)
    assert ago <= owner.timings()["total"] < ago + 500


class Fakes:
    """What would bring a box up and take it down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.failure: BaseException | None = None
        self.release = threading.Event()
        self.release.set()
        monkeypatch.setattr(bringup, "start", self.start)
        monkeypatch.setattr(teardown, "stop", self.stop)
        monkeypatch.setattr(owner_module, "is_up", lambda name, ledger: name == "standing")
        monkeypatch.setattr(owner_module, "attach", lambda name: self.box(name))

    def box(self, name: str) -> Any:
        ledger = Ledger(name)
        machines = SimpleNamespace(missing_walls=lambda: ["a wall"])
        close = lambda: self.done.append("close")  # noqa: E731
        return SimpleNamespace(name=name, ledger=ledger, machines=machines, close=close)

    def start(self, request: bringup.Request, _console: Console) -> Any:
        self.done.append(f"start {request.name}{' trusted' if request.trusted else ''}")
        while not self.release.wait(0.01):
            request.go_on()
        if self.failure:
            raise self.failure
        teardown.own(Ledger(request.name))
        return self.box(request.name)

    def stop(self, name: str, _console: Console, *, destroy: bool = False) -> None:
        self.done.append(f"{'destroy' if destroy else 'stop'} {name}")


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, home: Path) -> Fakes:
    return Fakes(monkeypatch)


def make(lease: Lease, name: str = "mine", keep: Keep = Keep.NEVER, caller: str = "") -> Owner:
    made = Owner(lease, SITE, name, keep, Console(style=Style.QUIET), Call(caller))
    made.start()
    return made


def end(owner: Owner, *, failed: bool = False, said: list[str] | None = None) -> None:
    owner.finish(failed=failed, evidence=lambda _: (said if said is not None else []).append("evidence"))


def test_nobody_wants_a_box(lease: Lease, fakes: Fakes) -> None:
    end(make(lease))
    assert fakes.done == []


def test_brought_up_once_and_destroyed_once(lease: Lease, fakes: Fakes) -> None:
    owner = make(lease)
    assert [lease.await_box() for _ in range(3)] == ["mine"] * 3
    end(owner)
    assert fakes.done == ["start mine", "close", "destroy mine"]


def test_what_does_not_stand_between_nodes_and_their_host_is_known(lease: Lease, fakes: Fakes) -> None:
    owner = Owner(lease, SITE, "mine", Keep.NEVER, Console(style=Style.QUIET))
    owner.trusted = True
    owner.start()
    lease.await_box()
    end(owner)
    assert owner.missing_walls == ("a wall",)
    assert fakes.done[0] == "start mine trusted"


def test_evidence_before_the_end_of_a_failed_run(lease: Lease, fakes: Fakes) -> None:
    owner = make(lease)
    lease.await_box()
    end(owner, failed=True, said=fakes.done)
    assert fakes.done == ["start mine", "evidence", "close", "destroy mine"]


def test_evidence_that_fails_does_not_keep_the_box(lease: Lease, fakes: Fakes) -> None:
    owner = make(lease)
    lease.await_box()

    def broken(_: object) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        owner.finish(failed=True, evidence=broken)
    assert fakes.done[-1] == "destroy mine"


@pytest.mark.parametrize(
    ("keep", "failed", "kept"),
    [
        (Keep.ALWAYS, False, True),
        (Keep.ALWAYS, True, True),
        (Keep.FAILED, True, True),
        (Keep.FAILED, False, False),
        (Keep.NEVER, True, False),
    ],
)
def test_keep(lease: Lease, fakes: Fakes, keep: Keep, failed: bool, kept: bool) -> None:
    owner = make(lease, keep=keep)
    lease.await_box()
    assert teardown.live_owner(Ledger("mine")) == os.getpid()
    end(owner, failed=failed)
    assert ("destroy mine" in fakes.done) is not kept
    if kept:
        assert teardown.is_kept(Ledger("mine"))
        assert not teardown.live_owner(Ledger("mine"))


def test_what_students_stored_is_not_destroyed(lease: Lease, fakes: Fakes) -> None:
    teardown.keep(Ledger("mine"))
    owner = make(lease)
    lease.await_box()
    end(owner)
    assert fakes.done[-1] == "stop mine"


def test_a_standing_box_is_used_and_left_standing(lease: Lease, fakes: Fakes) -> None:
    owner = make(lease, "standing")
    assert lease.await_box() == "standing"
    end(owner)
    assert fakes.done == ["close"]


@pytest.mark.parametrize("failure", [HostError("no cgroup v2 tree"), ZeroDivisionError("a bug")])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_everyone_hears_why_there_is_no_box(lease: Lease, fakes: Fakes, failure: Exception) -> None:
    fakes.failure = failure
    owner = make(lease)
    for _ in range(2):
        with pytest.raises(HarnessError) as caught:
            lease.await_box()
        assert str(failure) in str(caught.value)
    end(owner)
    assert fakes.done == ["start mine"]


def test_the_end_does_not_wait_for_a_box_that_nobody_waits_for(lease: Lease, fakes: Fakes) -> None:
    fakes.release.clear()
    owner = make(lease)
    lease.want()
    wait_for("the bring-up to begin", lambda: fakes.done, 5)
    end(owner)
    assert isinstance(owner.failure, bringup.CancelledError)


def test_in_a_hurry_a_box_that_does_not_stop_coming_up_is_left(
    lease: Lease, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies with this process, as its ledger says."""
    begun, over = threading.Event(), threading.Event()

    def start(request: bringup.Request, _console: Console) -> Any:
        begun.set()
        over.wait()
        return fakes.box(request.name)

    monkeypatch.setattr(bringup, "start", start)
    monkeypatch.setattr(owner_module, "HURRY", 0.1)
    owner = make(lease)
    lease.want()
    assert begun.wait(60)
    with pytest.raises(HarnessError, match="did not stop in time"):
        owner.finish(failed=False, evidence=lambda _: None, hurried=True)
    assert fakes.done == []
    over.set()


def test_a_box_is_brought_up_for_whom_the_checks_serve(
    lease: Lease, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bringup.Request] = []
    start = fakes.start
    monkeypatch.setattr(
        bringup, "start", lambda request, console: asked.append(request) or start(request, console)
    )
    owner = make(lease, caller="17:boot.1")
    lease.await_box()
    end(owner)
    assert asked[0].caller == "17:boot.1"


def test_whoever_was_killed_is_told_who_still_tidies_up(home: Path) -> None:
    mine = process.signature(os.getpid())
    for caller, tidied in (("", False), (mine, False), (f"{mine}1", True)):
        ledger = Ledger("mine")
        teardown.own(ledger, caller)
        assert teardown.tidier(ledger) == (os.getpid() if tidied else 0)
        assert bool(teardown.tidying("mine")) is tidied
        assert not teardown.is_dead("mine"), "it is in good hands"
    assert str(os.getpid()) in teardown.tidying("mine")
    assert teardown.tidying("nobody") == ""


def test_a_worker_that_waits_when_the_session_ends(lease: Lease) -> None:
    lease.finish()
    with pytest.raises(HarnessError, match="there is no box to check"):
        lease.await_box()


def test_whoever_wants_to_know_is_told_once_the_box_is_up(lease: Lease, fakes: Fakes) -> None:
    owner = Owner(lease, SITE, "mine", Keep.NEVER, Console(style=Style.QUIET))
    told: list[str] = []
    owner.granted_to.append(lambda box: told.append(box.name))
    owner.start()
    assert told == []
    lease.await_box()
    end(owner)
    assert told == ["mine"]


def test_what_checks_are_chosen_by_is_known_to_all(lease: Lease) -> None:
    assert lease.roles == {}, "no site could be read"
    lease.describe(SITE)
    assert Lease(lease.directory).roles == {"ce": 1, "wn": 1, "se": 1, "ui": 1, "rb": 1}


@pytest.mark.parametrize("keep", list(Keep))
def test_a_box_of_somebody_else_stays_theirs(lease: Lease, fakes: Fakes, keep: Keep) -> None:
    """Whoever only looks at it neither takes it down nor has it outlive its owner."""
    ledger, number = Ledger("standing"), os.getppid()
    ledger.intend("owner", str(number), identity=process.identity(number))
    before = ledger.open_entries()
    owner = make(lease, "standing", keep)
    assert lease.await_box() == "standing"
    end(owner, failed=True)
    assert ledger.open_entries() == before
    assert fakes.done == ["close"]
