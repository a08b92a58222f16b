"""Files come into the catalogue and leave it as a whole, whatever is interrupted."""

import time
from pathlib import Path
from typing import Any

import pytest

from gridware.catalogue.server import intents
from gridware.catalogue.server.application import Application
from gridware.catalogue.server.settings import Settings
from tests.gridware.catalogue.people import guid, surl

TOP = "/grid/gilda"


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets time go by until every intent is dead."""

    def pass_by(seconds: float = intents.LIFE + 1) -> None:
        now = time.time() + seconds
        monkeypatch.setattr(time, "time", lambda: now)

    return pass_by


def wish(lfn: str = f"{TOP}/f", **more: str) -> dict[str, str]:
    return {"kind": "create", "guid": guid(), "surl": surl(), "lfn": lfn, **more}


def test_an_intent_is_no_entry(server: Any, one: Any) -> None:
    server.ask(one, "intend", **wish())
    assert server.names(one, TOP) == ["generated"]


def test_a_commit_makes_everything(server: Any, one: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    for name in (f"lfn:{TOP}/f", f"guid:{made['guid']}", made["surl"]):
        found = server.ask(one, "file", file=name)
        assert (found["guid"], found["lfns"], found["surls"]) == (made["guid"], [f"{TOP}/f"], [made["surl"]])


def test_a_commit_may_be_repeated(server: Any, one: Any) -> None:
    wanted = wish()
    number = server.ask(one, "intend", **wanted)["id"]
    for _ in range(2):
        server.ask(one, "commit", id=number, size=1, **wanted)
    drop = {**wanted, "kind": "delete"}
    number = server.ask(one, "intend", **drop)["id"]
    for _ in range(2):
        server.ask(one, "commit", id=number, **drop)


def test_a_taken_name_is_told_before_anything_is_stored(server: Any, one: Any, two: Any) -> None:
    server.create(one, f"{TOP}/f")
    server.refuses("EEXIST", two, "intend", **wish())


def test_of_two_on_one_name_one_wins(server: Any, one: Any, two: Any) -> None:
    wishes = {caller.dn: (caller, wish()) for caller in (one, two)}
    numbers = {dn: server.ask(caller, "intend", **wanted)["id"] for dn, (caller, wanted) in wishes.items()}
    server.ask(two, "commit", id=numbers[two.dn], **wishes[two.dn][1])
    server.refuses("EEXIST", one, "commit", id=numbers[one.dn], **wishes[one.dn][1])
    # The loser's intent is still there, so that its file is cleaned up.
    server.ask(one, "drop", id=numbers[one.dn])


def test_a_guid_or_surl_is_given_once(server: Any, one: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.refuses("EEXIST", one, "intend", **wish(f"{TOP}/g", guid=made["guid"]))
    server.refuses("EEXIST", one, "intend", **wish(f"{TOP}/g", surl=made["surl"]))
    again = wish(f"{TOP}/g")
    server.ask(one, "intend", **again)
    server.refuses("EBUSY", one, "intend", **wish(f"{TOP}/h", surl=again["surl"]))


def test_nobody_uses_the_intent_of_another(server: Any, one: Any, two: Any) -> None:
    wanted = wish()
    number = server.ask(one, "intend", **wanted)["id"]
    for operation in ("renew", "drop", "commit"):
        server.refuses("ETIMEDOUT", two, operation, id=number, **wanted)


def test_a_dead_create_is_swept(server: Any, one: Any, sweeper: Any, dead: Any) -> None:
    wanted = wish()
    number = server.ask(one, "intend", **wanted)["id"]
    assert server.ask(sweeper, "dead")["intents"] == []
    dead()
    (found,) = server.ask(sweeper, "dead")["intents"]
    assert (found["surl"], found["owner"], found["groups"]) == (wanted["surl"], one.dn, ["gilda"])
    server.refuses("ETIMEDOUT", one, "commit", id=number, **wanted)
    server.refuses("EBUSY", one, "intend", **wish(f"{TOP}/g", surl=wanted["surl"]))
    server.ask(sweeper, "swept", results={number: True})
    server.create(one, f"{TOP}/f")


def test_a_client_that_slept_is_swept_again(server: Any, one: Any, sweeper: Any, dead: Any) -> None:
    number = server.ask(one, "intend", **wish())["id"]
    dead()
    server.ask(sweeper, "dead")
    server.ask(sweeper, "swept", results={number: True})
    assert [each["id"] for each in server.ask(sweeper, "dead")["intents"]] == [number]
    dead(intents.MEMORY + 10)
    assert server.ask(sweeper, "dead")["intents"] == []


def test_a_name_of_the_users_own_is_swept_once(server: Any, one: Any, sweeper: Any, dead: Any) -> None:
    number = server.ask(one, "intend", **wish(surl="sfn://se.example.org/storage/gilda/mine"))["id"]
    dead()
    assert len(server.ask(sweeper, "dead")["intents"]) == 1
    server.ask(sweeper, "swept", results={number: True})
    assert server.ask(sweeper, "dead")["intents"] == []


def test_a_swept_surl_taken_over_is_safe(server: Any, one: Any, sweeper: Any, dead: Any) -> None:
    wanted = wish()
    number = server.ask(one, "intend", **wanted)["id"]
    dead()
    server.ask(sweeper, "dead")
    server.ask(sweeper, "swept", results={number: True})
    server.create(one, f"{TOP}/g", surl=wanted["surl"])
    assert server.ask(sweeper, "dead")["intents"] == []


def test_a_renewed_intent_lives(server: Any, one: Any, sweeper: Any, dead: Any) -> None:
    wanted = wish()
    number = server.ask(one, "intend", **wanted)["id"]
    dead(intents.LIFE - 1)
    server.ask(one, "renew", id=number)
    dead(intents.LIFE - 1)
    assert server.ask(sweeper, "dead")["intents"] == []
    server.ask(one, "commit", id=number, **wanted)


@pytest.mark.parametrize("gone", [True, False])
def test_a_dead_delete_ends_as_the_storage_element_says(
    server: Any, one: Any, sweeper: Any, dead: Any, gone: bool
) -> None:
    made = server.create(one, f"{TOP}/f")
    number = server.ask(one, "intend", **{**made, "kind": "delete"})["id"]
    assert server.ask(one, "file", file=f"lfn:{TOP}/f")["surls"] == []
    dead()
    server.ask(sweeper, "dead")
    server.ask(sweeper, "swept", results={number: gone})
    assert server.names(one, TOP) == (["generated"] if gone else ["f", "generated"])
    if not gone:
        assert server.ask(one, "file", file=f"lfn:{TOP}/f")["surls"] == [made["surl"]]


@pytest.fixture
def stranger() -> Any:
    """The sweeper of another storage element."""
    from gridware.catalogue.server.caller import Caller

    return Caller("/CN=other.example.org", storage="other.example.org")


def test_a_sweeper_sees_its_own_storage_element_only(
    server: Any, one: Any, sweeper: Any, stranger: Any, dead: Any
) -> None:
    number = server.ask(one, "intend", **wish(surl=surl(host="other.example.org")))["id"]
    dead()
    assert server.ask(sweeper, "dead")["intents"] == []
    server.ask(sweeper, "swept", results={number: True})
    assert [each["id"] for each in server.ask(stranger, "dead")["intents"]] == [number]


@pytest.mark.parametrize("kind", ["create", "delete"])
def test_a_sweeper_ends_nothing_of_another_storage_element(
    server: Any, one: Any, sweeper: Any, stranger: Any, dead: Any, kind: str
) -> None:
    """Not even what that one has in its hands: the file is there still, whatever this one says."""
    mine = f"sfn://other.example.org/storage/gilda/{guid()}"
    if kind == "create":
        wanted = wish(surl=mine)
    else:
        wanted = {**server.create(one, f"{TOP}/f", surl=mine), "kind": "delete"}
    number = server.ask(one, "intend", **wanted)["id"]
    dead()
    assert len(server.ask(stranger, "dead")["intents"]) == 1
    assert server.ask(sweeper, "dead")["intents"] == [], "it would remove its own file of that path"
    server.ask(sweeper, "swept", results={number: True})
    assert [each["id"] for each in server.ask(stranger, "dead")["intents"]] == [number]
    if kind == "delete":
        assert "f" in server.names(one, TOP)
    server.ask(stranger, "swept", results={number: True})
    assert server.ask(stranger, "dead")["intents"] == []


def test_a_sweeper_gives_nothing_up_of_another_storage_element(
    server: Any, one: Any, sweeper: Any, dead: Any
) -> None:
    """A client that slept may go on as long as its own storage element's sweeper has not asked."""
    wanted = wish(surl=surl(host="other.example.org"))
    number = server.ask(one, "intend", **wanted)["id"]
    dead()
    assert server.ask(sweeper, "dead")["intents"] == []
    server.ask(one, "renew", id=number)
    server.ask(one, "commit", id=number, size=6, **wanted)


def test_a_sweeper_waits_for_nobody_at_another_storage_element(
    server: Any, one: Any, sweeper: Any, stranger: Any
) -> None:
    server.ask(one, "intend", **wish(surl=surl(host="other.example.org")))
    assert server.ask(sweeper, "dead")["next"] is None
    assert server.ask(stranger, "dead")["next"] > 0


@pytest.mark.parametrize("at", ["generated/f", "of-my-own"])
@pytest.mark.parametrize("kind", ["create", "delete"])
def test_a_sweeper_ends_nothing_that_is_alive(
    server: Any, one: Any, sweeper: Any, kind: str, at: str
) -> None:
    wanted = wish(surl=f"sfn://se.example.org/storage/gilda/{at}")
    if kind == "delete":
        wanted = {**server.create(one, f"{TOP}/f", surl=wanted["surl"]), "kind": "delete"}
    number = server.ask(one, "intend", **wanted)["id"]
    server.ask(sweeper, "swept", results={number: True})
    assert ("f" in server.names(one, TOP)) is (kind == "delete"), "nothing has become of it yet"
    server.ask(one, "commit", id=number, size=6, **wanted)
    assert ("f" in server.names(one, TOP)) is (kind == "create")


def test_the_last_replica_takes_all_names_along(server: Any, one: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.ask(one, "alias", file=f"guid:{made['guid']}", lfn=f"{TOP}/g")
    more = {**made, "kind": "replicate", "surl": surl(host="other.example.org")}
    server.ask(one, "commit", id=server.ask(one, "intend", **more)["id"], **more)
    for replica in (made["surl"], more["surl"]):
        assert server.names(one, TOP) == ["f", "g", "generated"]
        drop = {**made, "kind": "delete", "surl": replica}
        server.ask(one, "commit", id=server.ask(one, "intend", **drop)["id"], **drop)
    assert server.names(one, TOP) == ["generated"]
    server.refuses("ENOENT", one, "file", file=f"guid:{made['guid']}")


def test_a_generated_name_makes_its_directory(server: Any, one: Any, two: Any) -> None:
    for caller in (one, two):
        server.create(caller, f"{TOP}/generated/2026-11-22/file-{guid()}")
    assert server.ask(one, "stat", path=f"{TOP}/generated/2026-11-22")["owner"] == "root"


def test_further_names_are_links_to_the_first(server: Any, one: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.ask(one, "alias", file=f"lfn:{TOP}/f", lfn=f"{TOP}/a")
    entries = {entry["name"]: entry["target"] for entry in server.ask(one, "list", path=TOP)["entries"]}
    assert entries == {"a": f"{TOP}/f", "f": "", "generated": ""}
    server.ask(one, "unalias", file=f"guid:{made['guid']}", lfn=f"{TOP}/f")
    assert server.ask(one, "stat", path=f"{TOP}/a")["target"] == ""


@pytest.mark.parametrize("bad", ["sfn://", "http://x/y", "sfn:///x", "sfn://se/with space", "sfn://se/a\nb"])
def test_what_is_no_surl(server: Any, one: Any, bad: str) -> None:
    server.refuses("EINVAL", one, "intend", **wish(surl=bad))


def test_nonsense_is_refused_and_changes_nothing(server: Any, one: Any) -> None:
    server.refuses("EOPNOTSUPP", one, "format-disk")
    server.refuses("EINVAL", one, "mkdir", path=None, mode=1)
    server.refuses("EINVAL", one, "mkdir", path=f"{TOP}/x")
    server.refuses("EINVAL", one, "mkdir", path=f"{TOP}/x", mode="rwx")
    server.refuses("EINVAL", one, "intend", **wish(kind="steal"))
    server.refuses("EINVAL", one, "file", file="guid:nonsense")
    assert server.names(one, TOP) == ["generated"]


def test_the_sweeper_learns_when_to_come_again(server: Any, one: Any, sweeper: Any, dead: Any) -> None:
    assert server.ask(sweeper, "dead")["next"] is None
    server.ask(one, "intend", **wish())
    assert intents.LIFE - 5 < server.ask(sweeper, "dead")["next"] <= intents.LIFE
    dead()
    answer = server.ask(sweeper, "dead")
    assert len(answer["intents"]) == 1
    assert answer["next"] is None


def test_no_intent_dies_of_the_catalogues_own_absence(
    server: Any, one: Any, sweeper: Any, dead: Any, tmp_path: Path
) -> None:
    number = server.ask(one, "intend", **wish())["id"]
    dead()
    Application(Settings("gilda", tmp_path / "catalogue.db")).store.close()
    assert server.ask(sweeper, "dead")["intents"] == []
    server.ask(one, "renew", id=number)
