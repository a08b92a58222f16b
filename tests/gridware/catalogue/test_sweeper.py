"""The sweeper acts as the person whose intent it was, and as nobody else."""

import json
import os
import pwd
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from gridware.catalogue.sweeper import accounts, sweep

DN = "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01"
LEASE = "%2fc%3dit%2fo%3dgridbox%2fou%3dpersonal%20certificate%2fl%3dcatania%2fcn%3dstudent%2001"


@pytest.fixture
def gridmapdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("daemon", "nobody"):
        (tmp_path / name).touch()
    monkeypatch.setattr(accounts, "GRIDMAPDIR", tmp_path)
    roles = tmp_path / "roles"
    roles.write_text('"/gilda/Role=SoftwareManager" games\n')
    monkeypatch.setattr(accounts, "LOCAL_ACCOUNTS", roles)
    return tmp_path


def test_a_lease_leads_to_its_account(gridmapdir: Path) -> None:
    os.link(gridmapdir / "nobody", gridmapdir / f"{LEASE}:gilda")
    found = accounts.account_of(DN, ["gilda"])
    assert found is not None
    assert found.pw_name == "nobody"


def test_a_longer_name_is_somebody_else(gridmapdir: Path) -> None:
    os.link(gridmapdir / "nobody", gridmapdir / f"{LEASE}1:gilda")
    assert accounts.account_of(DN, ["gilda"]) is None


def test_who_never_came_has_no_account(gridmapdir: Path) -> None:
    assert accounts.account_of(DN, ["gilda"]) is None
    assert accounts.account_of(DN, []) is None


def test_a_role_has_an_account_of_its_own(gridmapdir: Path) -> None:
    os.link(gridmapdir / "nobody", gridmapdir / f"{LEASE}:gilda")
    found = accounts.account_of(DN, ["gilda/Role=SoftwareManager", "gilda"])
    assert found is not None
    assert found.pw_name == "games"


class Answers:
    """A catalogue that says what it is told to, and a clock that sleeping moves on."""

    def __init__(self, *pauses: float | None) -> None:
        self.pauses, self.now, self.slept = list(pauses), 0.0, []  # type: ignore[var-annotated]

    def ask(self, operation: str) -> dict[str, Any]:
        assert operation == "dead"
        return {"intents": [], "next": self.pauses.pop(0)}

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def rounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *pauses: float | None) -> Answers:
    """The sweeper run once, with a catalogue that answers so."""
    made = Answers(*pauses)
    monkeypatch.setattr(sweep, "Catalogue", lambda *_args, **_options: made)
    monkeypatch.setattr(time, "sleep", made.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    settings = tmp_path / "sweeper.toml"
    settings.write_text('catalogue = "rb.example.org"\narea = "/storage/gilda"\n')
    assert sweep.main(str(settings)) == 0
    return made


def test_it_stays_with_those_who_are_at_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert rounds(monkeypatch, tmp_path, 12.5, 20.0, 0.0, None).slept == [12.5, 20.0, sweep.SOONEST]


def test_it_leaves_a_long_transfer_to_its_next_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slept = rounds(monkeypatch, tmp_path, *[15.0] * 100).slept
    assert sum(slept) == sweep.LONGEST


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been removed, for a person who has an account here."""
    done: list[str] = []
    monkeypatch.setattr(sweep, "account_of", lambda dn, _groups: object() if dn == DN else None)
    monkeypatch.setattr(sweep, "_as", lambda _account, path: done.append(path) or sweep.GONE)
    return done


def intent(path: str, owner: str = DN) -> dict[str, Any]:
    return {"surl": f"sfn://se.example.org{path}", "owner": owner, "groups": ["gilda"]}


def test_it_removes_what_lies_in_its_area(removed: list[str]) -> None:
    assert sweep._sweep(intent("/storage/gilda/a//f"), "/storage/gilda/") == sweep.GONE
    assert removed == ["/storage/gilda/a/f"]


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "/storage/gilda/../../etc/passwd", "/storage/gilda/../other/f"),
        *("/storage/gildas/f", "/storage/gilda"),
    ],
)
def test_it_removes_nothing_elsewhere(removed: list[str], path: str) -> None:
    assert sweep._sweep(intent(path), "/storage/gilda") == sweep.REFUSED
    assert removed == []


def test_who_never_came_may_remove_nothing(removed: list[str]) -> None:
    assert sweep._sweep(intent("/storage/gilda/f", "/CN=Somebody"), "/storage/gilda") == sweep.REFUSED
    assert removed == []


def test_it_acts_as_that_account_and_as_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a group nor a saved number of root's is left."""
    ours, theirs = os.pipe()

    def told(_path: str) -> int:
        os.write(theirs, json.dumps([os.getresuid(), os.getresgid(), os.getgroups()]).encode())
        return sweep.GONE

    monkeypatch.setattr(sweep, "_remove", told)
    account = pwd.getpwnam("nobody")
    before = os.getgroups()
    os.setgroups([0])
    try:
        assert sweep._as(account, "") == sweep.GONE
        assert os.getuid() == 0, "the sweeper itself stays what it is"
    finally:
        os.setgroups(before)
    os.close(theirs)
    with open(ours) as pipe:
        user, group, groups = json.load(pipe)
    assert (user, group, groups) == ([account.pw_uid] * 3, [account.pw_gid] * 3, [account.pw_gid])


def test_what_an_account_may_not_remove_stays(tmp_path: Path) -> None:
    account = pwd.getpwnam("nobody")
    own, others = Path("/tmp") / f"{tmp_path.name}-own", tmp_path / "others"
    for path in (own, others):
        path.mkdir()
        (path / "f").touch()
        (path / "d").mkdir()
    try:
        os.chown(own, account.pw_uid, account.pw_gid)
        assert sweep._as(account, str(own / "f")) == sweep.GONE
        assert not (own / "f").exists()
        assert sweep._as(account, str(own / "f")) == sweep.GONE, "it is gone already"
        assert sweep._as(account, str(own / "d")) == sweep.REFUSED
        assert sweep._as(account, str(others / "f")) == sweep.REFUSED
        assert (others / "f").exists()
    finally:
        shutil.rmtree(own)


@pytest.mark.parametrize("why", [OSError(5, "an error of the disk"), RuntimeError("a fault")])
def test_what_is_not_known_to_be_gone_is_tried_again(monkeypatch: pytest.MonkeyPatch, why: Exception) -> None:
    """Else the catalogue would forget a file that is there."""

    def fails(_path: str) -> None:
        raise why

    monkeypatch.setattr(os, "unlink", fails)
    assert sweep._as(pwd.getpwnam("nobody"), "/nowhere") == sweep.UNCLEAR
