"""What daemons and accounts keep of their own is theirs: what root has made there in passing is told."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from harness.diagnosis.fact import Seen
from harness.diagnosis.facts import area, broker, running, work
from harness.diagnosis.looks import disks
from harness.services.registry import MUNGE, MUNGE_OF_WN
from harness.services.service import Line
from harness.site import Role, Site
from tests.unit.diagnosis.judging import judged


@pytest.mark.parametrize(
    ("owner", "mode", "says"),
    [
        ("gilda014", 0o700, ""),
        (
            "root",
            0o700,
            "can't write to /var/lib/globus/gram_job_state/gilda014, for gilda014 (root's, mode 700)",
        ),
        ("gilda014", 0o500, "(gilda014's, mode 500)"),
    ],
)
def test_where_job_managers_of_an_account_keep_its_jobs_is_its_own(
    site: Site, owner: str, mode: int, says: str
) -> None:
    path = f"{work.BOOKS[0]}/gilda014"

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        told = {"owner": owner, "mode": mode, "changed": 3.0}
        # Another's name begins so, too: it is a lock, or a file of nobody's.
        found = {path: told, f"{path}.lock": told | {"owner": "root"}} if words[1] != [*work.BOOKS] else {}
        return found if words[0] == "files" else {"code": 0, "said": ""}

    seen = judged(site, "staging", Role.CE, answer)
    assert [says in each.why for each in seen] == [True] * bool(says)
    assert all(f"chown -R gilda014: {path}" in each.steps[0].line for each in seen)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("", ""),
        ("gilda007 755 /storage/gilda/generated/2026-11-28\n", ""),
        ("root 755 /storage/gilda/generated\n", "/storage/gilda/generated (mode 755, root's)"),
        ("root 755 /storage/gilda/generated/2026-11-28\n", "2026-11-28 (mode 755, root's)"),
        ("root 700 /storage/gilda/generated of old\n", ""),
        ("find: '/storage/gilda/x': Permission denied\n", ""),
    ],
)
def test_directories_of_the_area_that_are_nobodys_own_let_members_in(
    site: Site, said: str, says: str
) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "files":
            return {}
        return {"code": 0, "said": said if words[1].startswith("find") else ""}

    seen = judged(site, "area", Role.SE, answer)
    assert [says in each.why for each in seen] == [True] * bool(says)


@pytest.fixture
def everyones() -> Iterator[Path]:
    """A directory that other accounts get to, which they don't get to pytest's own."""
    with TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o777)
        yield Path(made)


@pytest.mark.root
def test_a_directory_without_rights_is_found_and_its_files_are_not_looked_at(everyones: Path) -> None:
    for name in ("generated", "generated/below", "generated/below/deep"):
        (everyones / name).mkdir(mode=0o777)
        (everyones / name).chmod(0o777)
    (everyones / "file").touch(mode=0o400)
    (everyones / "generated/below").chmod(0o755)
    (everyones / "generated/below/deep").chmod(0o755)
    # A name may have a line as if of something else: it is nobody's whose name we give.
    (everyones / "generated/own\nroot 700 elsewhere").mkdir(mode=0o755)
    line = area.SHUT.format(area=everyones)
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", line]
    said = subprocess.run(words, capture_output=True, text=True, cwd="/").stdout
    assert said == f"root 755 {everyones}/generated/below\n"


def test_a_file_that_root_made_among_a_daemons_own_is_why_it_does_not_run(site: Site) -> None:
    path = "/var/log/xrootd/xrootd.log"

    def seen(*lines: str, state: str = "active", restarts: int = 0) -> list[Seen]:
        def answer(_place: str, words: tuple[Any, ...]) -> Any:
            if words[0] == "files":
                return {path: {"device": True, "mode": 0o666} for path in running.DEVICES}
            if words[0] == "units":
                return {"x.service": {"ActiveState": state, "NRestarts": str(restarts)}}
            held = [line.split() for line in lines] if words[1] == "xrootd" else []
            return {"/var/log/xrootd": {"error": "", "held": held}}

        return judged(site, "spool", Role.SE, answer)

    assert seen(f"644 {path}") == [], "nothing is wrong with the services there"
    assert seen(state="failed") == []
    assert len(seen(f"644 {path}", restarts=5)) == 1
    [told] = seen(f"644 {path}", state="failed")
    assert told.why == f"does not let xrootd write to {path} (root's, mode 644)"
    assert told.steps[0].line == f"chown -h xrootd: {path} && chmod u+rw {path}"


def test_a_name_that_somebody_made_up_is_never_typed(site: Site) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "files":
            return {path: {"device": True, "mode": 0o666} for path in running.DEVICES}
        held = [["600", "/var/log/xrootd/a; b"]] if words[0] == "writable" else []
        return {"x": {"error": "", "held": held, "ActiveState": "failed"}}

    assert judged(site, "spool", Role.SE, answer) == []


@pytest.mark.root
def test_what_an_account_can_write_is_tried_as_that_account(everyones: Path) -> None:
    """A file of root's is named that it can't write to, and no other; nothing is left there."""
    below = everyones / "below"
    below.mkdir(mode=0o755)
    (below / "file").touch(mode=0o600)
    for name, mode in (("own.log", 0o666), ("roots.log", 0o600), ("ProcLog", 0o600)):
        (everyones / name).touch()
        (everyones / name).chmod(mode)
    places = [str(everyones), str(below), "/none"]
    found = disks.writable("nobody", places, list(running.OTHERS))
    assert sorted(found[places[0]]["held"]) == [["600", f"{below}/file"], ["600", f"{everyones}/roots.log"]]
    assert [found[each]["error"] for each in places] == ["", "Permission denied", "No such file or directory"]
    assert sorted(each.name for each in everyones.iterdir()) == ["ProcLog", "below", "own.log", "roots.log"]
    assert disks.writable("nosuchone", places, []) == {}


def test_munge_is_asked_by_one_who_is_not_root() -> None:
    for service in (MUNGE, MUNGE_OF_WN):
        [line] = [each for each in service.asked if isinstance(each, Line)]
        assert line.text.startswith("setpriv --reuid=65534 ")


@pytest.mark.parametrize(
    ("refusal", "helpers", "says"),
    [
        (broker.REFUSAL, "", ""),
        (
            broker.REFUSAL,
            "/usr/lib/icebox/broker/gahp\n",
            "can't start /usr/lib/icebox/broker/gahp for whoever",
        ),
        ("ERROR: no schedd", "/usr/lib/icebox/broker/gahp\n", "takes no job: no schedd"),
    ],
)
def test_the_engine_takes_jobs_and_starts_what_serves_them(
    site: Site, refusal: str, helpers: str, says: str
) -> None:
    said = {broker.SUBMITS: refusal, broker.HELPERS: helpers}
    seen = judged(site, "engine", Role.RB, lambda _, words: {"code": 1, "said": said[words[1]]})
    assert [says in each.why for each in seen] == [True] * bool(says)


@pytest.mark.parametrize(
    ("manager", "gahp", "dead"),
    [
        ("/bin/true", "echo $GahpVersion: 1.0 $", []),
        ("/bin/true", "exit 1", ["gahp"]),
        ("/bin/true", "sleep 60", ["gahp"]),
        ("/nosuch/manager", "echo $GahpVersion: 1.0 $", ["manager"]),
    ],
)
def test_helpers_are_begun_and_have_to_greet(
    tmp_path: Path, manager: str, gahp: str, dead: list[str]
) -> None:
    programs = {
        "condor_config_val": f"echo {manager}; echo {tmp_path}/gahp",
        "gahp": gahp.replace("$", "\\$"),
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PATIENCE": "1"}
    ran = subprocess.run(["sh", "-c", broker.HELPERS], env=environment, capture_output=True, text=True)
    assert [each.rpartition("/")[2] for each in ran.stdout.split()] == dead


def test_a_book_of_jobs_that_somebody_holds_is_told(site: Site, tmp_path: Path) -> None:
    book = tmp_path / "book.db"
    line = broker.WRITABLE.replace(broker.CATALOGUE, str(book))

    def seen() -> list[Seen]:
        ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
        return judged(site, "jobbook", Role.RB, lambda *_: {"code": 0, "said": ran.stdout})

    with closing(sqlite3.connect(book, isolation_level=None)) as holder:
        holder.execute("create table jobs (id)")
        assert seen() == []
        holder.execute("begin immediate")
        [held] = seen()
    assert held.why.startswith("can't be written to: ")
    assert "database is locked" in held.why
    assert f'index($2, "{broker.JOBS}") == 1' in held.remedy
