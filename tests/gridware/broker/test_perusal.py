"""File perusal: on the worker node by its own clock, on RB for its owner alone."""

import io
import re
import threading
from pathlib import Path

import pytest

from gridware.wms.broker import perusal, places
from gridware.wms.broker.job import Job, State
from gridware.wms.broker.perusal import PerusalCalls
from gridware.wms.broker.usercalls import CallError
from gridware.wms.worker import jobperusal
from tests.gridware.broker.samples import ID, make_job

WISHED = "[ PerusalFileEnable = true; ]"
NEVER = 3600.0


class Owner:
    """In the place of a user's calls: the job is theirs."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def mine(self, _job_id: object) -> Job:
        return self._job


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "JOBS", tmp_path / "jobs")
    places.of_job(make_job()).mkdir(parents=True)


def calls(jdl: str = WISHED, **changes: object) -> PerusalCalls:
    return PerusalCalls(Owner(make_job(jdl, **changes)))  # type: ignore[arg-type]


def come(name: str, text: bytes = b"x") -> None:
    perusal.take(make_job(), name, len(text), io.BytesIO(text))


def test_slices_are_kept_until_they_were_fetched_and_given_again_on_demand() -> None:
    mine = calls()
    mine.perusal({"id": ID, "names": ["out.txt", "/abs/err"]})
    assert perusal.chosen(make_job()) == ["out.txt", "/abs/err"]
    for name in ("out.txt.20061109122944_1", "out.txt.20061109123044_10", "out.txt.20061109123044_2"):
        come(name, name.encode())
    come("err.20061109122944_1")
    wanted = [f"out.txt.{tail}" for tail in ("20061109122944_1", "20061109123044_2", "20061109123044_10")]
    assert mine.peek({"id": ID, "name": "out.txt"})["names"] == wanted
    header, body = mine.slice({"id": ID, "name": wanted[0]})
    with body:
        assert (body.read(), header["length"]) == (wanted[0].encode(), len(wanted[0]))
    mine.peeked({"id": ID, "names": wanted[:2]})
    assert mine.peek({"id": ID, "name": "out.txt"})["names"] == wanted[2:]
    assert mine.peek({"id": ID, "name": "out.txt", "all": True})["names"] == wanted
    assert mine.peek({"id": ID, "name": "/abs/err"})["names"] == ["err.20061109122944_1"]


@pytest.mark.parametrize("name", ["other.20061109122944_1", "out.txt", "../out.txt.20061109122944_1", ""])
def test_nothing_else_is_taken_from_a_job(name: str) -> None:
    calls().perusal({"id": ID, "names": ["out.txt"]})
    with pytest.raises(CallError):
        come(name)


def test_unset_ends_it() -> None:
    mine = calls()
    mine.perusal({"id": ID, "names": ["out.txt"]})
    mine.perusal({"id": ID, "names": []})
    with pytest.raises(CallError):
        come("out.txt.20061109122944_1")


def test_not_more_than_a_share_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perusal, "MOST_BYTES", 5)
    calls().perusal({"id": ID, "names": ["a"]})
    come("a.20061109122944_1", b"123")
    with pytest.raises(CallError, match="no more slices"):
        come("a.20061109122944_2", b"456")


@pytest.mark.parametrize(
    ("mine", "why"),
    [
        (calls("[ ]"), "PerusalFileEnable"),
        (calls(kind="dag"), "only single jobs"),
        (calls(state=State.DONE), "Current Job Status is Done"),
    ],
)
def test_files_of_other_jobs_can_t_be_asked_for(mine: PerusalCalls, why: str) -> None:
    with pytest.raises(CallError, match=why):
        mine.perusal({"id": ID, "names": ["a"]})


def test_what_goes_elsewhere_is_not_here() -> None:
    elsewhere = calls('[ PerusalFileEnable = true; PerusalFilesDestURI = "gsiftp://se/x"; ]')
    with pytest.raises(CallError, match="gsiftp://se/x"):
        elsewhere.peek({"id": ID, "name": "a"})
    with pytest.raises(CallError, match="there is no slice"):
        calls().slice({"id": ID, "name": "../../proxy"})


class Watched:
    """A file on the worker node, and what arrives of it."""

    def __init__(self, path: Path) -> None:
        self.path, self.down = path, False
        self.got: list[tuple[str, str]] = []
        self.came = threading.Event()

    def send(self, piece: str, name: str) -> None:
        if self.down:
            raise OSError("away")
        self.got.append((name, Path(piece).read_text()))
        self.came.set()

    def looker(self, interval: float = NEVER) -> jobperusal.Perusal:
        return jobperusal.Perusal(
            interval, lambda: [str(self.path), str(self.path) + ".none"], self.send, str(self.path.parent)
        )


def test_each_look_sends_what_has_been_added(tmp_path: Path) -> None:
    file = Watched(tmp_path / "out")
    looker = file.looker()
    looker.look()
    for text in ("one", "", "two"):
        with file.path.open("a") as stream:
            stream.write(text)
        looker.look()
    assert [text for _name, text in file.got] == ["one", "two"]
    assert re.fullmatch(r"out\.\d{14}_1", file.got[0][0])
    assert file.got[1][0].endswith("_2")


def test_what_did_not_arrive_goes_with_the_next(tmp_path: Path) -> None:
    file = Watched(tmp_path / "out")
    looker = file.looker()
    file.path.write_text("one")
    file.down = True
    looker.look()
    file.path.write_text("one two")
    file.down = False
    looker.look()
    assert [(name[-2:], text) for name, text in file.got] == [("_1", "one two")]


def test_a_large_file_comes_in_pieces_and_whole_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobperusal, "LARGEST", 4)
    file = Watched(tmp_path / "out")
    looker = file.looker()
    looker.start()
    file.path.write_text("0123456789")
    looker.look()
    assert [text for _name, text in file.got] == ["0123"]
    looker.end()
    assert [text for _name, text in file.got] == ["0123", "4567", "89"]


def test_it_looks_by_itself_and_once_more_in_the_end(tmp_path: Path) -> None:
    file = Watched(tmp_path / "out")
    file.path.write_text("one")
    looker = file.looker(0.01)
    looker.start()
    assert file.came.wait(20)
    looker.interval = NEVER
    looker.stopped.set()
    looker.join()
    file.path.write_text("one two")
    looker.end()
    assert "".join(text for _name, text in file.got) == "one two"
    assert not Path(looker.place).exists()
