"""Snapshots of a box that is down: files alone, so no machine and no root are needed."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli
from harness.box import copies, host, revert, snapshot, suspension
from harness.box.files import BoxFiles
from harness.dom0.kinds.embedded import EmbeddedDom0
from harness.errors import HostError, InputError
from harness.faults import standing
from harness.ledger import Ledger
from harness.virt.guests import Guests
from tests.drill.tried import Told, failing
from tests.unit.box.down import BOX, clean, killed, read, take
from tests.unit.sites import SITE, site_with


def test_a_snapshot_keeps_owners_links_holes_and_marks(down: BoxFiles) -> None:
    upper = down.scratch("xenuinode") / "upper"
    (upper / "memo").chmod(0o4750)
    os.link(upper / "memo", upper / "twice")
    (upper / "led").symlink_to("nowhere")
    with (upper / "holes").open("wb") as sparse:
        sparse.truncate(1 << 30)
    os.setxattr(upper / "memo", "user.mark", b"kept")
    made = take(down, "monday")
    revert.revert(down, Ledger(BOX), made, None)
    found = (upper / "memo").stat()
    assert (found.st_mode & 0o7777, found.st_nlink, (upper / "twice").stat().st_ino) == (
        0o4750,
        2,
        found.st_ino,
    )
    assert os.readlink(upper / "led") == "nowhere"
    assert ((upper / "holes").stat().st_size, made.size < 1 << 20) == (1 << 30, True)
    assert os.getxattr(upper / "memo", "user.mark") == b"kept"


def test_a_snapshot_that_was_killed_is_none(down: BoxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(monkeypatch, snapshot, "_finish", lambda: take(down, "monday"))
    assert (down.snapshots / ".monday").is_dir()
    assert snapshot.of(down) == []
    clean()
    assert not (down.snapshots / ".monday").exists()
    assert read(down) == {"old"}
    take(down, "monday")


def refused(told: Told, act: Callable[[], object]) -> list[str]:
    """What is typed for the remedy."""
    error = failing(told, act)
    [typed] = re.findall(r"\./icebox [^;]*?(?=$| makes|, then)", error.remedy)
    return shlex.split(typed)[1:]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], int]:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return cli.main


@pytest.mark.tries("./icebox snapshot --box … … makes one of the box as it is now")
def test_one_that_there_is_not(down: BoxFiles, told: Told, typed: Callable[[list[str]], int]) -> None:
    words = refused(told, lambda: snapshot.named(down, "monday"))
    assert typed(words) == 0
    assert snapshot.named(down, "monday").size > 0


@pytest.mark.tries("choose another name, or ./icebox snapshots --box … --remove …")
def test_one_that_there_is_already(down: BoxFiles, told: Told, typed: Callable[[list[str]], int]) -> None:
    take(down, "monday")
    words = refused(told, lambda: take(down, "monday"))
    take(down, "tuesday")
    assert typed(words) == 0
    take(down, "monday")
    assert [each.name for each in snapshot.of(down)] == ["tuesday", "monday"]


@pytest.mark.tries("./icebox snapshots --box … --remove …")
def test_too_many(
    down: BoxFiles, told: Told, typed: Callable[[list[str]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MOST", 2)
    for name in ("monday", "tuesday"):
        take(down, name)
    assert typed(refused(told, lambda: take(down, "friday"))) == 0
    take(down, "friday")
    assert [each.name for each in snapshot.of(down)] == ["tuesday", "friday"]


@pytest.mark.tries("free some, or remove snapshots: ./icebox snapshots --box …")
def test_no_room(down: BoxFiles, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands for a disk that has become full has room again once one snapshot is gone."""
    made, usage = take(down, "monday"), shutil.disk_usage

    def full(path: Path) -> object:
        free = usage(path).free if not made.path.exists() else host.SPACE
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", full)
    refused(told, lambda: take(down, "tuesday"))
    assert not (down.snapshots / ".tuesday").exists()
    snapshot.remove(down, Ledger(BOX), "monday")
    take(down, "tuesday")


@pytest.mark.tries("use the icebox that made it, or `rm -r …`")
@pytest.mark.parametrize(
    "about",
    ["", "[]", "nonsense", '{"version": 1}', '{"version": "1"}', '{"version": 2, "nodes": 5}', "\udcff"],
)
def test_one_that_another_icebox_made_or_a_broken_disk_has(down: BoxFiles, told: Told, about: str) -> None:
    """Nothing is read into it, and nothing of it is touched, but by who types that."""
    made = take(down, "monday")
    (made.path / snapshot.ABOUT).write_bytes(about.encode(errors="surrogateescape"))
    for act in (
        lambda: snapshot.of(down),
        lambda: snapshot.named(down, "monday"),
        lambda: take(down, "friday"),
    ):
        error = failing(told, act, HostError)
        assert error.why
        assert made.stored.is_dir()
    [line] = re.findall("`(rm -r [^`]*)`", error.remedy)
    subprocess.run(shlex.split(line), check=True)
    take(down, "monday")


@pytest.mark.tries("free some there")
def test_a_disk_that_runs_full_is_known_in_any_language(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands for cp(1) speaks the language of its environment, and its disk is full once."""
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    program, once = tmp_path / "cp", tmp_path / "full"
    program.write_text(
        f"#!/bin/sh\n[ -e {once} ] || exit 0\nrm {once}\n"
        '[ "$LC_ALL" = C ] && echo "x: No space left on device" >&2 || echo "x: Kein Platz" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    once.touch()
    failing(told, lambda: copies.run(str(program), "there"), HostError)
    copies.run(str(program), "there")


@pytest.mark.tries("use 1 to 31 small letters, digits and hyphens, a letter or digit first")
@pytest.mark.parametrize("name", ["", "..", "a/b", ".a", "A", "a" * 32, "a b", "-a", "a\n"])
def test_what_is_no_name(down: BoxFiles, told: Told, name: str) -> None:
    failing(told, lambda: take(down, name), InputError)
    assert not down.snapshots.exists()
    assert take(down, "2026-11-28").name == "2026-11-28"


def test_a_fault_is_in_no_snapshot(down: BoxFiles) -> None:
    since = "2026-11-28T00:00:00+00:00"
    Ledger(BOX).intend(standing.KIND, "wn-offline", fault="wn-offline", since=since)
    with pytest.raises(InputError, match="would be in its snapshot"):
        take(down, "monday")
    assert not down.snapshots.exists()


def test_kinds_that_can_not_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = site_with(tmp_path, ("[ui]", '[ui]\nhypervisor = "qemu"'))
    suspension.check(mixed)
    monkeypatch.setattr(Guests, "SUSPENDS", False)
    with pytest.raises(InputError, match=r"(?m): xenuinode.* \(qemu\)$"):
        suspension.check(mixed)
    monkeypatch.setattr(EmbeddedDom0, "SUSPENDS", False)
    with pytest.raises(InputError, match="of the kind embedded can't be suspended"):
        suspension.check(SITE)
