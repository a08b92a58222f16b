"""Files that are whole or not there: after a kill, on a full or read-only disk, with two writers at once."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import durable, state
from harness.box import atboot
from harness.box.files import BoxFiles
from harness.dns.history import History
from harness.dns.hosts import HostsProvider
from harness.dom0.driveset import DriveSet
from harness.errors import ExitCode, HostError, WaitError
from harness.image import build, ext4
from harness.install import xenconf
from harness.install.pieces import Piece
from harness.install.store import Files
from harness.ledger import Ledger
from harness.pki.private import PrivateDirectory
from harness.setup.units import BEFORE, kept_disabled
from tests.unit.killing import killed_while_writing
from tests.unit.sites import SITE

ADDRESS = IPv4Address("203.0.113.7")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done to the disk, in order: files and directories that are synced, names that are given."""
    done: list[str] = []
    sync, rename = os.fsync, Path.replace

    def synced(handle: int) -> None:
        done.append(f"sync {Path(os.readlink(f'/proc/self/fd/{handle}')).name}")
        sync(handle)

    def named(path: Path, target: Path) -> Path:
        done.append(f"name {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    return done


def test_it_is_on_the_disk_before_it_has_its_name_and_so_is_its_name(tmp_path: Path, disk: list[str]) -> None:
    durable.write(tmp_path / "note", "new")
    wanted = ["sync .note.new", "name note", f"sync {tmp_path.name}"]
    assert disk == wanted
    (tmp_path / ".note.new").write_text("newer")
    durable.place(tmp_path / ".note.new", tmp_path / "note")
    assert disk == [*wanted, *wanted]
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_drives_are_on_the_disk_before_they_have_their_names(tmp_path: Path, disk: list[str]) -> None:
    def fill(path: Path) -> None:
        ext4.swap(path, 1 << 20)

    store = Files(tmp_path)
    store.open(Ledger("mine", tmp_path), "tag")
    store.fill(Piece("CEswap", 1 << 20, 0, fill))
    assert disk == ["sync CEswap.partial", "name CEswap", "sync images"]
    disk.clear()
    (tmp_path / "layer/etc/icebox").mkdir(parents=True)
    (tmp_path / "written").mkdir()
    DriveSet(tmp_path / "drives", {}, tmp_path / "written", tmp_path / "layer").lay()
    for name in ("scratch", "swap"):
        at = disk.index(f"sync {name}.partial")
        assert disk[at : at + 4] == [
            f"sync {name}.partial",
            f"name {name}.img",
            "sync written",
            "sync drives",
        ]


@pytest.mark.parametrize("mode", [None, 0o600])
def test_owner_mode_and_link_stay(tmp_path: Path, mode: int | None) -> None:
    (tmp_path / "etc").mkdir()
    file, link = tmp_path / "etc/file", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o640)
    os.chown(file, 7, 8)
    link.symlink_to(file)
    durable.write(link, "new", mode)
    found = file.stat()
    assert (link.readlink(), file.read_text()) == (file, "new")
    rights = (found.st_uid, found.st_gid, found.st_mode & 0o7777)
    assert rights == ((7, 8, 0o640) if mode is None else (0, 0, mode))


def test_many_writers_at_once(tmp_path: Path) -> None:
    """Each writes more than goes to the disk at once; what is there is what one of them wrote, all of it."""
    path, texts = tmp_path / "note", [sign * (3 << 20) for sign in "abcdefgh"]
    ready = threading.Barrier(len(texts))

    def write(text: str) -> None:
        ready.wait(60)
        durable.write(path, text)

    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert path.read_text() in texts
    assert [each.name for each in tmp_path.iterdir()] == ["note"]


def test_a_writer_that_does_not_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "note"
    monkeypatch.setattr(durable, "PATIENCE", 0.02)
    with durable._alone(durable.partial_of(path)), pytest.raises(WaitError, match="does not come to an end"):
        durable.write(path, "new")
    durable.write(path, "newer")
    assert path.read_text() == "newer"


def test_nobody_is_led_elsewhere_by_a_link_in_the_place_of_what_is_half(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    durable.partial_of(tmp_path / "note").symlink_to(tmp_path / "theirs")
    with pytest.raises(HostError):
        durable.write(tmp_path / "note", "new")
    assert (tmp_path / "theirs").read_text() == "theirs"


def intend(path: Path, key: str) -> None:
    Ledger(path.stem, path.parent).intend("data", key)


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (errno.ENOSPC, "the disk ran full"),
        (errno.EDQUOT, "the disk ran full"),
        (errno.EROFS, "it can't be written"),
        (errno.EIO, "it can't be written"),
    ],
)
@pytest.mark.parametrize("act", [durable.write, intend])
def test_what_the_system_refuses_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    what: str,
    act: Callable[[Path, str], object],
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "mine.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(durable.UnwritableError, match=what) as caught:
            act(path, "new")
    assert (caught.value.where, caught.value.why) == (str(path), os.strerror(number))
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert not durable.partial_of(path).exists()
    act(path, "new")
    assert "new" in path.read_text()


REFUSED = """\
import sys
from pathlib import Path
from harness import durable
from harness.ledger import Ledger
path, text = Path(sys.argv[1]) / "mine.jsonl", "x" * 200_000
for act, *words in ((durable.write, path, text), (Ledger("mine", path.parent).intend, "data", text)):
    try:
        act(*words)
    except durable.UnwritableError as error:
        print(error.what, error.where, error.why, sep=";")
print(*sorted(each.name for each in path.parent.iterdir()), path.read_text()[:3])
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("size=64k", "the disk ran full;{0}/mine.jsonl;No space left on device"),
        ("ro", "it can't be written;{0}/mine.jsonl;Read-only file system"),
    ],
)
def test_a_disk_that_is_full_or_read_only(tmp_path: Path, options: str, said: str) -> None:
    """A real one, which goes with its namespace; what was there is as it was."""
    line = (
        'mount -t tmpfs -o size=64k none "$1"; echo old >"$1/mine.jsonl"; '
        f'mount -o remount,{options} "$1"; exec "$2" -c "$3" "$1"'
    )
    words = ["unshare", "--mount", "sh", "-ec", line, "sh", str(tmp_path), sys.executable, REFUSED]
    done = subprocess.run(words, capture_output=True, text=True, cwd=state.checkout())
    lines = done.stdout.splitlines()
    assert lines[:2] == [said.format(tmp_path)] * 2, done.stderr
    assert lines[2] == "mine.jsonl old"


@pytest.fixture
def files(home: Path) -> BoxFiles:
    made = BoxFiles("mine")
    made.make()
    return made


def units(home: Path) -> None:
    with kept_disabled(home, home):
        pass


WRITERS: dict[str, tuple[Callable[[BoxFiles], Path], Callable[[BoxFiles], object]]] = {
    "address": (lambda files: files.top / "address", lambda files: files.keep_address(ADDRESS)),
    "description": (
        lambda files: files.top / "description/icebox.toml",
        lambda files: files.keep_site(SITE),
    ),
    "found": (lambda files: files.top / "found", lambda files: files.keep_found(ADDRESS)),
    "layers": (
        lambda files: files.top / build.NOTE,
        lambda files: build.note_use(files.top, SimpleNamespace(keys=["base-1"])),  # type: ignore[arg-type]
    ),
    "secret": (
        lambda files: files.pki / "ca.pem",
        lambda files: PrivateDirectory(files.pki).write("ca.pem", b"k"),
    ),
    "layout": (lambda _: state.home() / "layout", lambda _: state.make_home()),
    "units": (lambda _: state.home() / BEFORE, lambda _: units(state.home())),
    "dyndns2": (lambda _: state.home() / "names.json", lambda _: History(state.home() / "names.json").save()),
    "hosts": (
        lambda _: state.home() / "hosts",
        lambda _: HostsProvider(state.home() / "hosts").update(["ce.example.org"], ADDRESS),
    ),
    "xl.conf": (lambda _: xenconf.CONF, lambda files: xenconf._add("x=1", Ledger(files.box))),
}


@pytest.mark.parametrize("name", WRITERS)
def test_who_is_killed_leaves_what_was_there(
    files: BoxFiles, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Never half of it; and what the killed one left beside it goes with the next."""
    monkeypatch.setattr(xenconf, "CONF", state.home() / "xl.conf")
    where, act = WRITERS[name]
    path = where(files)
    killed_while_writing(path, lambda: act(files))
    assert not path.exists()
    assert durable.partial_of(path).exists()
    act(files)
    assert not durable.partial_of(path).exists()
    assert name == "units" or path.stat().st_size


def test_what_is_taken_back_takes_what_a_killed_one_left(
    files: BoxFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In directories of the host nothing stays, though nothing is written there again."""
    conf, ledger = state.home() / "xl.conf", Ledger(files.box)
    monkeypatch.setattr(xenconf, "CONF", conf)
    monkeypatch.setattr(atboot, "UNITS", state.home())
    monkeypatch.setattr(atboot, "RUNS", state.home() / "nowhere")
    monkeypatch.setattr(atboot, "_systemctl", lambda *_: None)
    hosts = HostsProvider(state.home() / "hosts")
    unit = state.home() / f"icebox-mine{state.home_mark()}.service"

    def there() -> set[str]:
        return {path.name for path in state.home().iterdir()}

    before = there()
    killed_while_writing(conf, lambda: xenconf._add("x=1", ledger))
    killed_while_writing(unit, lambda: atboot.write("icebox-mine", "[Unit]\n", ledger))
    killed_while_writing(hosts.path, lambda: hosts.update(["ce.example.org"], ADDRESS))
    assert len({path.name for path in state.home().iterdir()} - before) == 4, (
        "and the directory of the ledger"
    )
    ledger.replay({xenconf.LINE: xenconf._undo_line, atboot.KIND: atboot.undo})
    hosts.withdraw()
    assert there() - before == {"ledger"}
