"""What a box leaves in a hypervisor ends with it, and nothing of others does."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.dom0 import xen
from harness.ledger import Entry, Ledger

TOKEN = "icebox-school.0123456789abcdef"
Listed = Callable[..., Path]


@pytest.fixture
def under_xen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listed:
    """A dom0 whose xl and losetup are stand-ins: they list what they are given, and note what is asked."""
    (tmp_path / "capabilities").write_text("control_d\n")
    monkeypatch.setattr(xen, "CAPABILITIES", tmp_path / "capabilities")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def listed(domains: dict[str, str], loops: dict[str, str]) -> Path:
        rows = [
            f"{found}  {number}    {name}          "
            for number, (name, found) in enumerate(domains.items(), 1)
        ]
        (tmp_path / "domains").write_text("\n".join(["UUID  ID    name", *rows]) + "\n")
        (tmp_path / "loops").write_text("".join(f"{name} {file}\n" for name, file in loops.items()))
        (tmp_path / "xl").write_text(
            f"#!/bin/sh\ncd {tmp_path}\n[ $1 = destroy ] || exec cat domains\n"
            'echo "$@" >> told; grep -v "  $2    " domains > left; mv left domains\n'
        )
        (tmp_path / "losetup").write_text(
            f'#!/bin/sh\ncd {tmp_path}\n[ $1 = --detach ] || exec cat loops\necho "$@" >> told\n'
        )
        for program in ("xl", "losetup"):
            (tmp_path / program).chmod(0o755)
        return tmp_path / "told"

    return listed


def test_its_own_domains_are_ended_and_no_foreign_one(under_xen: Listed) -> None:
    own = xen.identity(TOKEN, "xenwnnode")
    told = under_xen(
        {
            "Domain-0": "00000000-0000-0000-0000-000000000000",
            "school.xencenode": xen.identity("icebox-school.of-another-run", "xencenode"),
            "school.xenwnnode": own,
            "other.xenwnnode": own,
        },
        {},
    )
    entry = Entry(xen.KIND, TOKEN, {"box": "school"})
    xen.undo(entry, lambda words: ["env", *words])
    assert told.read_text().splitlines() == ["destroy 3"]
    xen.undo(entry)
    assert told.read_text().splitlines() == ["destroy 3"], "once is enough"


def test_its_disks_are_let_go_wherever_their_names_begin(under_xen: Listed, tmp_path: Path) -> None:
    """The name of a file that a dom0 opened begins elsewhere once the dom0 is gone."""
    boxes = tmp_path / "icebox/boxes"
    files = {
        name: boxes / name for name in ("school/scratch/wn/swap.img", "school/volume.img", "other/swap.img")
    }
    for file in files.values():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    swap, volume, other = (f"{numbers(file)} {file}" for file in files.values())
    gone = swap.replace(str(tmp_path / "icebox"), "")
    stranger = f"{numbers(files['other/swap.img'])} /elsewhere/boxes/school/scratch/wn/swap.img"
    told = under_xen({}, dict(enumerate_devices(swap, volume, other, gone, stranger)))
    xen.undo(Entry(xen.KIND, TOKEN, {"box": "school", "directory": str(boxes / "school")}))
    assert told.read_text().splitlines() == ["--detach /dev/loop0", "--detach /dev/loop3"]


def test_drives_that_lie_elsewhere_are_let_go_as_well(under_xen: Listed, tmp_path: Path) -> None:
    """The image's are other boxes', too: they are known by the box's own name for them alone."""
    top, disk = tmp_path / "boxes/school", tmp_path / "srv/grid/school/WNNode"
    image = tmp_path / "image/drive"
    for file, name in ((disk, "scratch"), (image, "base")):
        file.parent.mkdir(parents=True)
        file.touch()
        (top / "drives/wn").mkdir(parents=True, exist_ok=True)
        (top / "drives/wn" / name).symlink_to(file)
    (top / "drives/wn/swap").symlink_to("/nowhere")
    rows = (f"{numbers(disk)} {disk}", f"{numbers(image)} {image}")
    told = under_xen({}, dict(enumerate_devices(*rows)))
    xen.undo(Entry(xen.KIND, TOKEN, {"box": "school", "directory": str(top)}))
    assert told.read_text().splitlines() == ["--detach /dev/loop0"]


def numbers(file: Path) -> str:
    found = file.stat()
    return f"{os.major(found.st_dev)}:{os.minor(found.st_dev)} {found.st_ino}"


def enumerate_devices(*files: str) -> Iterator[tuple[str, str]]:
    yield from ((f"/dev/loop{number}", file) for number, file in enumerate(files))


def test_where_there_is_no_xen_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xen, "CAPABILITIES", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    xen.undo(Entry(xen.KIND, TOKEN, {"box": "school"}))
    ledger = Ledger("school", tmp_path)
    xen.note(TOKEN, "school", ledger)
    assert ledger.is_over


def test_a_domain_of_another_run_is_another_one() -> None:
    names = [(TOKEN, "xenwnnode"), (TOKEN, "xencenode"), ("icebox-school.1", "xenwnnode")]
    assert len({xen.identity(*name) for name in names}) == 3
