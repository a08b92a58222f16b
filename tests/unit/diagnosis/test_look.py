"""The program that looks at a machine from within, run on this one."""

import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.deadline import wait_for
from harness.diagnosis import look
from harness.diagnosis.looks import names, processes
from harness.dom0.place import Place


def looked(*wants: list[Any], each: float = 5.0) -> list[dict[str, Any]]:
    """What the program says, as it is run at a place."""
    asked = json.dumps({"each": each, "wants": wants})
    words = Place.python(Path(look.__file__))
    done = subprocess.run(words, input=asked, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_files_are_told_with_owner_and_mode_and_text_only_where_it_is_asked_for(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("secret")
    secret.chmod(0o640)
    [with_text], [without] = (looked(["files", [f"{tmp_path}/*"], text]) for text in (True, False))
    assert with_text["got"][str(secret)]["text"] == "secret"
    assert without["got"][str(secret)]["mode"] == 0o640
    assert "text" not in without["got"][str(secret)]


def test_a_directory_can_be_written_to_or_is_not_there(tmp_path: Path) -> None:
    [seen] = looked(["disks", [str(tmp_path), str(tmp_path / "none")]])
    assert seen["got"][str(tmp_path)]["error"] == ""
    assert seen["got"][str(tmp_path)]["free"] > 0
    assert seen["got"][str(tmp_path / "none")] == {"error": "there is no such directory"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.root
def test_who_listens_is_reached_and_who_does_not_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as other:
        port, gone = server.getsockname()[1], other.getsockname()[1]
        other.close()
        reached, heard = looked(["reach", [["127.0.0.1", port], ["127.0.0.1", gone]]], ["listeners"])
    assert reached["got"] == {f"127.0.0.1:{port}": "", f"127.0.0.1:{gone}": "connection refused"}
    [listener] = heard["got"][str(port)]
    assert listener["at"] == "127.0.0.1"
    assert str(os.getpid()) in listener["who"]


@pytest.mark.root
def test_nobody_has_to_come_to_the_door_for_it() -> None:
    """A hundred connections a look would have daemons start a hundred processes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [reached] = looked(["reach", [["127.0.0.1", port]]])
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert reached["got"] == {f"127.0.0.1:{port}": ""}


@pytest.mark.root
def test_who_has_no_room_for_another_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        place = server.getsockname()
        with socket.create_connection(place):
            [full] = looked(["reach", [place]])
    assert full["got"] == {f"127.0.0.1:{place[1]}": "no answer"}


def test_a_name_server_that_answers_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    """They are asked at port 53, which is root's: that what stands there is no address is an answer, too."""
    book = tmp_path / "resolv.conf"
    book.write_text("# nameserver 9.9.9.9\nsearch here\nnameserver none.such.name\nnameserver\n")
    [seen] = looked(["servers", str(book)])
    assert list(seen["got"]) == ["none.such.name"]
    assert seen["got"]["none.such.name"]


def test_a_question_for_a_name_is_one_that_a_server_reads() -> None:
    """By the form of RFC 1035, 4.1: one question, for the address of localhost."""
    assert names.QUESTION[4:12] == bytes((0, 1, 0, 0, 0, 0, 0, 0))
    assert names.QUESTION[12:].startswith(b"\x09localhost\0")
    assert names.QUESTION[-4:] == bytes((0, 1, 0, 1))


@pytest.mark.root
def test_a_connection_is_an_account_s_only_while_it_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        own, other = looked(
            ["reach", [["127.0.0.1", port]], "nobody"], ["reach", [["127.0.0.1", port]], "nosuchone"]
        )
    assert own["got"] == {f"127.0.0.1:{port}": ""}
    assert "nosuchone" in other["error"]


def test_a_command_that_hangs_is_left_and_ended_and_the_others_are_told(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    late, said, wrong = looked(
        ["run", f"echo $$ > {mark}; exec sleep 600", ""],
        ["run", "echo yes; exit 3", ""],
        ["nonsense"],
        each=2.0,
    )
    assert late == {"late": True}
    assert said["got"] == {"code": 3, "said": "yes\n"}
    assert "KeyError" in wrong["error"]
    program = Path(f"/proc/{mark.read_text().strip()}/exe")
    wait_for("the command to be ended", lambda: not program.exists(), 10)


def test_a_name_that_leads_nowhere_is_told_with_its_reason() -> None:
    [seen] = looked(["names", ["localhost", "nowhere.invalid"]])
    assert seen["got"]["localhost"] == ["127.0.0.1"]
    assert seen["got"]["nowhere.invalid"][0].startswith("!")


def test_a_look_takes_no_longer_than_its_time() -> None:
    never, ended = threading.Event(), threading.Event()

    def hang() -> None:
        never.wait(30)
        ended.set()

    look.KINDS["hang"] = hang
    try:
        assert look.look([["hang"], ["now"]], 0.2)[0] == {"late": True}
        assert not ended.is_set(), "it was waited for"
    finally:
        del look.KINDS["hang"]
        never.set()


def test_what_a_job_or_the_look_itself_has_started_is_no_load() -> None:
    own = str(os.getpid())
    seen = {
        own: ("python3", "R", "1"),
        "11": ("sh", "R", own),
        "20": ("slurmstepd", "S", "1"),
        "21": ("bash", "S", "20"),
        "22": ("simulation", "R", "21"),
        "30": ("simulation", "R", "1"),
    }
    assert {number: processes._of_others(number, seen) for number in ("11", "22", "30")} == {
        "11": True,
        "22": True,
        "30": False,
    }
    assert processes.busy(2, 0.01)


def test_a_slow_machine_is_told_its_own_seconds() -> None:
    """In whole ones, as most programs want them, and never less than it needs."""
    [usual] = looked(["run", "echo $PATIENCE $SECOND", ""], each=look.USUAL)
    [slow] = looked(["run", "echo $PATIENCE $SECOND", ""], each=look.USUAL * 2.25)
    assert (usual["got"]["said"], slow["got"]["said"]) == ("4 1\n", "9 3\n")
