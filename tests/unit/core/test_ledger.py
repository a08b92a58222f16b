"""The ledger: what is on disk when, torn lines, replay backwards, locks."""

import json
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.ledger import Entry, LaterLedgerError, Ledger, LedgerBusyError, LedgerError, boxes, tidy


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger("school", tmp_path / "ledger")


def keys(entries: list[Entry]) -> list[str]:
    return [entry.key for entry in entries]


def test_an_intention_is_on_disk_at_once(ledger: Ledger) -> None:
    ledger.intend("directory", "/a", why="sockets")
    (line,) = ledger.path.read_text().splitlines()
    details = {"why": "sockets"}
    assert json.loads(line) == {
        "version": 1,
        "op": "intend",
        "kind": "directory",
        "key": "/a",
        "details": details,
    }
    assert Ledger("school", ledger.path.parent).open_entries() == [Entry("directory", "/a", details)]


def test_what_is_written_survives_a_power_cut(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is on the disk, whole, when its writer goes on; so is the name of a journal that is new."""
    synced: list[tuple[str, int]] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        synced.append((path, os.fstat(handle).st_size if os.path.isfile(path) else 0))
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    entry = ledger.intend("directory", "/a")
    first = (str(ledger.path), ledger.path.stat().st_size)
    assert synced == [first, (str(ledger.path.parent), 0)]
    ledger.gone(entry)
    assert synced[2:] == [(str(ledger.path), ledger.path.stat().st_size)]


def test_twice_the_same_is_once(ledger: Ledger) -> None:
    ledger.intend("data", "/a")
    ledger.intend("data", "/a")
    assert len(ledger.path.read_text().splitlines()) == 1


def test_replay_is_backwards_and_only_of_what_is_open(ledger: Ledger) -> None:
    for key in "abc":
        ledger.intend("directory", key)
    ledger.gone(Entry("directory", "b"))
    undone: list[str] = []
    ledger.replay({"directory": lambda entry: undone.append(entry.key)})
    assert undone == ["c", "a"]
    assert ledger.open_entries() == []


def test_replay_of_some_kinds(ledger: Ledger) -> None:
    ledger.intend("data", "kept")
    ledger.intend("holder", "ended")
    undone: list[str] = []
    ledger.replay({"holder": lambda entry: undone.append(entry.key)}, frozenset({"holder"}))
    assert undone == ["ended"]
    assert keys(ledger.open_entries()) == ["kept"]


def test_failures_are_grouped_and_stop_nothing(ledger: Ledger) -> None:
    for key in ("first", "stuck", "jammed", "last"):
        ledger.intend("directory", key)

    def undo(entry: Entry) -> None:
        if entry.key in ("stuck", "jammed"):
            raise OSError(f"{entry.key} won't go")

    with pytest.raises(LedgerError) as caught:
        ledger.replay({"directory": undo})
    assert [str(failure) for failure in caught.value.failures] == ["jammed won't go", "stuck won't go"]
    assert "2 resource(s) of the box 'school'" in str(caught.value)
    assert keys(ledger.open_entries()) == ["stuck", "jammed"]


def test_a_kind_nobody_here_removes_is_a_failure_and_not_forgotten(ledger: Ledger) -> None:
    ledger.intend("holder", "yellow")
    with pytest.raises(LedgerError):
        ledger.replay({})
    assert keys(ledger.open_entries()) == ["yellow"]


@pytest.mark.parametrize("cut", range(1, 75, 7))
def test_torn_last_line(ledger: Ledger, cut: int) -> None:
    """Whatever a kill left of a line: those before and after it hold."""
    ledger.intend("directory", "whole")
    before = ledger.path.stat().st_size
    ledger.intend("directory", "torn")
    size = ledger.path.stat().st_size
    with ledger.path.open("r+b") as file:
        file.truncate(max(before, size - cut))
    ledger.intend("directory", "after")
    assert keys(ledger.open_entries())[0] == "whole"
    assert keys(ledger.open_entries())[-1] == "after"
    # A line that lacks nothing but its end is a line.
    assert ("torn" in keys(ledger.open_entries())) == (cut == 1)


@pytest.mark.parametrize("rubbish", [b"\0\0\0\0", b"\xff\xfe\xfd", b"[]", b"7", b'{"op": "intend"}', b"{}"])
def test_rubbish_after_a_power_loss(ledger: Ledger, rubbish: bytes) -> None:
    ledger.intend("directory", "whole")
    with ledger.path.open("ab") as file:
        file.write(rubbish + b"\n")
    assert keys(ledger.open_entries()) == ["whole"]


def test_nothing_open_leaves_no_file(ledger: Ledger) -> None:
    with ledger.locked():
        ledger.intend("directory", "a")
        ledger.replay({"directory": lambda _: None})
    assert list(ledger.path.parent.iterdir()) == []


def test_something_open_stays(ledger: Ledger) -> None:
    with ledger.locked():
        ledger.intend("directory", "a")
    assert boxes(ledger.path.parent) == ["school"]


def test_one_at_a_time(ledger: Ledger) -> None:
    with ledger.locked():
        with pytest.raises(LedgerBusyError) as caught, Ledger("school", ledger.path.parent).locked():
            pass
        assert "'school' is being started or stopped by another process" in str(caught.value)
        with Ledger("other", ledger.path.parent).locked():
            pass


def test_patience(ledger: Ledger) -> None:
    told = threading.Event()
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with ledger.locked():
            held.set()
            free.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)

    def say() -> None:
        told.set()
        free.set()

    with Ledger("school", ledger.path.parent).locked(10, say):
        assert told.is_set()
    thread.join()


def _count(directory: Path, times: int) -> None:
    for _ in range(times):
        with Ledger("count", directory).locked(60):
            file = directory / "number"
            number = int(file.read_text())
            file.write_text(str(number + 1))


def test_the_lock_holds_although_its_file_comes_and_goes(tmp_path: Path) -> None:
    """Each release removes the lock's file; nobody may get in beside a holder for that."""
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_count, args=(tmp_path, 50)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "number").read_text() == "200"
    assert not list(tmp_path.glob("*.lock"))


def test_tidy_removes_what_is_over_and_nothing_else(tmp_path: Path) -> None:
    done = Ledger("done", tmp_path)
    done.gone(done.intend("directory", "a"))
    (tmp_path / "lone.lock").touch()
    Ledger("open", tmp_path).intend("directory", "a")
    (tmp_path / "foreign.txt").touch()
    with Ledger("held", tmp_path).locked():
        tidy(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign.txt", "held.lock", "open.jsonl"]
    wait_for("the lock to be gone", lambda: not (tmp_path / "held.lock").exists(), 1)


def test_no_directory_knows_no_box(tmp_path: Path) -> None:
    assert boxes(tmp_path / "nowhere") == []
    tidy(tmp_path / "nowhere")


NOW = {"version": 1, "op": "intend", "kind": "directory", "key": "/a", "details": {}}
LATER = [
    pytest.param({**NOW, "version": 2}, "the version 2", id="version"),
    pytest.param({"version": 2, "what": "another shape"}, "the version 2", id="shape"),
    pytest.param({**NOW, "version": "1.1"}, "the version '1.1'", id="no number"),
    pytest.param({**NOW, "kind": "submarine"}, "the kind 'submarine'", id="kind"),
    pytest.param({**NOW, "op": "sell"}, "the op 'sell'", id="operation"),
]


@pytest.mark.parametrize(("line", "why"), LATER)
def test_what_a_later_icebox_wrote_is_left_to_it(ledger: Ledger, line: dict[str, object], why: str) -> None:
    ledger.intend("directory", "/ours")
    with ledger.path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    before = ledger.path.read_bytes()
    undone: list[Entry] = []
    for refused in (ledger.open_entries, lambda: ledger.replay({"directory": undone.append})):
        with pytest.raises(LaterLedgerError) as caught:
            refused()
        assert why in str(caught.value)
        assert "made by a later icebox" in str(caught.value)
    with ledger.locked():
        pass
    tidy(ledger.path.parent)
    assert (ledger.path.read_bytes(), undone) == (before, [])


def test_lines_without_a_version_are_of_the_first(ledger: Ledger) -> None:
    ledger.path.parent.mkdir()
    ledger.path.write_text(json.dumps({"op": "intend", "kind": "data", "key": "/a", "details": {}}) + "\n")
    assert ledger.open_entries() == [Entry("data", "/a")]
