"""What icebox says of its state directory and its journals is done: then it goes on."""

import errno
import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli, ledger, state
from harness.box import bringup, host, records
from harness.box.files import BoxFiles
from harness.dns.errors import DnsError
from harness.dom0 import cgroup, preflight
from harness.errors import IceboxError
from harness.ledger import Entry, Ledger, LedgerError
from harness.pki.private import PrivateDirectory
from harness.report.rundir import RunDir
from tests.drill.tried import Told, failing


@pytest.mark.tries("set ICEBOX_HOME")
def test_a_state_directory_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setattr(state, "_wrong_home", lambda path: "")
    failing(told, host._check_home)
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / "mine"))
    host._check_home()
    assert (tmp_path / "mine").is_dir()


@pytest.mark.tries("set ICEBOX_HOME to a directory of root's with a plain name, or unset it")
@pytest.mark.parametrize("way", ["set", "unset"])
def test_a_state_directory_that_mounts_would_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str
) -> None:
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / "a,b"))
    failing(told, state.checked_home)
    if way == "set":
        monkeypatch.setenv("ICEBOX_HOME", str(tmp_path))
        assert state.checked_home() == tmp_path
    else:
        monkeypatch.delenv("ICEBOX_HOME")
        assert str(state.checked_home()) == state.DEFAULT_HOME


@pytest.mark.tries("use the icebox that made it, or set ICEBOX_HOME to another directory for this one")
@pytest.mark.parametrize("way", ["that icebox", "another directory"])
def test_a_state_directory_of_a_later_icebox(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str
) -> None:
    (home / "layout").write_text("2\n")
    failing(told, state.home)
    if way == "that icebox":  # one that knows this layout
        monkeypatch.setattr(state, "LAYOUT", 2)
        assert state.home() == home
    else:
        monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / "another"))
        state.make_home()
        assert (tmp_path / "another" / "layout").read_text() == "1\n"


@pytest.mark.tries("free some, or set ICEBOX_HOME to a directory on a larger disk")
@pytest.mark.parametrize("way", ["free some", "another home"])
def test_space_for_a_box(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str
) -> None:
    """Free space is a number here: of the directory that is small, and of all else."""
    free = {str(home): host.SPACE - 1}
    monkeypatch.setattr(
        "shutil.disk_usage", lambda path: SimpleNamespace(free=free.get(str(path), host.SPACE))
    )
    assert failing(told, host._check_space).where == str(home)
    if way == "free some":
        free.clear()
    else:
        monkeypatch.setenv("ICEBOX_HOME", str(tmp_path))
    host._check_space()


@pytest.mark.tries("stop a box, or sysctl -w fs.inotify.max_user_instances=1024")
@pytest.mark.parametrize("way", ["stop a box", "sysctl"])
def test_inotify_instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str) -> None:
    """The kernel's settings are a directory here; sysctl(8) writes to the file that the key names."""
    real, used = preflight.INOTIFY, [128]
    settings = tmp_path / "sys"
    monkeypatch.setattr(preflight, "INOTIFY", settings / real.relative_to("/proc/sys"))
    monkeypatch.setattr(preflight, "_are_to_be_had", lambda _instances: False)
    monkeypatch.setattr(preflight, "_inotify_in_use", lambda: used[0])
    preflight.INOTIFY.parent.mkdir(parents=True)
    preflight.INOTIFY.write_text("128\n")
    remedy = told(failing(told, lambda: preflight._check_inotify(25)))
    if way == "stop a box":
        used[0] -= 25
    else:
        [(key, value)] = re.findall(r"sysctl -w (\S+)=(\d+)", remedy)
        (settings / key.replace(".", "/")).write_text(value)
    preflight._check_inotify(25)


@pytest.mark.tries("mount the tree it belongs to, or boot without cgroup_disable and with one kind of tree")
@pytest.mark.parametrize("way", ["mount", "boot"])
def test_no_tree_with_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str) -> None:
    """The trees of a hybrid host are directories here."""
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    (tmp_path / "unified").mkdir()
    (tmp_path / "unified/cgroup.controllers").touch()
    failing(told, cgroup.check_host)
    if way == "mount":
        (tmp_path / cgroup.NEEDED).mkdir()
        (tmp_path / cgroup.NEEDED / "cgroup.procs").touch()
    else:
        (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    cgroup.check_host()


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that has everything."""
    monkeypatch.setattr(host, "check_root", lambda: None)


@pytest.mark.tries("move it away, or choose another name with --box NAME")
@pytest.mark.parametrize("way", ["move", "another name"])
def test_a_directory_that_no_box_has_made(home: Path, told: Told, way: str) -> None:
    files = BoxFiles("mine")
    files.top.mkdir(parents=True)
    error = failing(told, lambda: bringup.refuse_stranger(files, Ledger("mine")))
    if way == "move":
        Path(error.where).rename(home / "away")
        bringup.refuse_stranger(files, Ledger("mine"))
    else:
        bringup.refuse_stranger(BoxFiles("other"), Ledger("other"))


@pytest.mark.tries("move it away, or choose another name with --box NAME")
def test_a_journal_that_is_none(home: Path, told: Told) -> None:
    journal = Ledger("mine")
    journal.path.mkdir(parents=True)
    error = failing(told, journal.open_entries)
    Path(error.where).rename(home / "away")
    assert journal.open_entries() == []
    assert Ledger("other").open_entries() == []


@pytest.mark.tries("use the icebox that made it, or choose another name with --box NAME")
@pytest.mark.parametrize("way", ["that icebox", "another name"])
def test_a_journal_of_a_later_icebox(
    home: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str
) -> None:
    journal = Ledger("mine")
    journal.intend("data", "/a")
    later = {**json.loads(journal.path.read_text()), "version": ledger.VERSION + 1}
    journal.path.write_text(json.dumps(later) + "\n")
    failing(told, Ledger("mine").open_entries)
    if way == "that icebox":
        monkeypatch.setattr(ledger, "VERSION", ledger.VERSION + 1)
        assert Ledger("mine").open_entries() == [Entry("data", "/a", {})]
    else:
        assert Ledger("other").open_entries() == []


@pytest.mark.tries("wait for it to end, or choose another name with --box NAME")
@pytest.mark.parametrize("way", ["wait", "another name"])
def test_a_box_that_another_process_holds(home: Path, told: Told, way: str) -> None:
    def take(name: str) -> None:
        with Ledger(name).locked():
            pass

    with Ledger("mine").locked():
        failing(told, lambda: take("mine"))
        if way == "another name":
            take("other")
    take("mine")


@pytest.mark.tries("run `./icebox ledger clean` again once the cause is gone")
def test_what_can_not_be_removed(
    home: Path, monkeypatch: pytest.MonkeyPatch, sound: None, told: Told
) -> None:
    """Something is in use for a while; the command of the remedy is run as it stands."""
    stuck = home / "log" / "mine.log"
    journal = Ledger("mine")
    journal.intend("data", str(stuck))
    removed: list[str] = []

    def remove(entry: Entry) -> None:
        if stuck.exists():
            raise IceboxError("it is in use")
        removed.append(entry.key)

    def clean(*_: object, **__: object) -> list[str]:
        Ledger("mine").replay({"data": remove})
        return []

    stuck.mkdir(parents=True)
    with pytest.raises(LedgerError) as caught:
        clean()
    [typed] = re.findall(r"`\./icebox ([^`]+)`", told(caught.value))
    monkeypatch.setattr("harness.box.teardown.clean", clean)
    assert cli.main(shlex.split(typed)) != 0
    stuck.rmdir()
    assert cli.main(shlex.split(typed)) == 0
    assert removed == [str(stuck)]


@pytest.mark.tries("try again after …")
def test_names_that_a_service_does_not_take_back_yet(
    home: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    monkeypatch.setattr(records, "_withdrawn", lambda *_, **__: ())
    entry = Entry(records.KIND, "a service", {"box": "mine", "not_before": "1000600"})
    error = failing(told, lambda: records.withdraw(entry), DnsError)
    clock = re.findall(r"\d\d:\d\d:\d\d", error.remedy)[0]
    while datetime.fromtimestamp(now[0]).strftime("%H:%M:%S") < clock:
        now[0] += 1
    records.withdraw(entry)


@pytest.mark.tries("see that the disk has room and can be written")
def test_a_secret_that_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    directory = PrivateDirectory(tmp_path)
    with failing_disk(monkeypatch, errno.EROFS):
        error = failing(told, lambda: directory.write("key", b"secret"))
    assert "Read-only" in error.why
    directory.write("key", b"secret")
    assert directory.read("key") == b"secret"


@contextmanager
def failing_disk(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """Nothing gets onto it."""

    def refuse(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        yield


@pytest.mark.tries("free some space, or set ICEBOX_HOME to a directory on a larger disk")
def test_a_disk_that_runs_full(home: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    def act() -> None:
        Ledger("mine").intend("data", "/a")

    with failing_disk(monkeypatch, errno.ENOSPC):
        failing(told, act)
    act()
    assert [entry.key for entry in Ledger("mine").open_entries()] == ["/a"]


@pytest.mark.tries("name another place for the results with --run-dir DIR")
def test_no_place_for_results(tmp_path: Path, told: Told) -> None:
    (tmp_path / "reports").touch()
    error = failing(told, lambda: RunDir.create(tmp_path / "reports" / "runs"))
    assert "--run-dir" in error.remedy
    made = RunDir.create(tmp_path / "reports" / "runs", elsewhere=tmp_path / "elsewhere")
    assert made.path.is_dir()


@pytest.mark.tries("mend that, and run the command again")
def test_an_error_of_the_system(
    home: Path, monkeypatch: pytest.MonkeyPatch, sound: None, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    """As of a file that a command reads and that is not there."""
    lost = home / "lost"
    monkeypatch.setattr("harness.commands.ledger.boxes", lambda: lost.read_text().split())
    assert cli.main(["ledger"]) == 3
    said = capsys.readouterr().err
    told(said.partition("do:")[2])
    named = re.findall(r"icebox: (\S+): ", said)[0]
    Path(named).touch()
    assert cli.main(["ledger"]) == 0
