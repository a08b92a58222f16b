"""Boxes in image files: what is made, what xl understands of it, and that all of it goes."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.errors import ExitCode
from harness.image import build
from harness.virt import originals
from tests.drill.tried import Told
from tests.integration.install.conftest import BOX, Place, place_in
from tests.integration.virt.xl import Xl
from tests.unit.sites import SITE, site_file


def debugfs(path: Path, request: str) -> str:
    return subprocess.run(["debugfs", "-R", request, str(path)], capture_output=True, text=True).stdout


def install(place: Place, name: str = "box") -> Path:
    top = place.top / name
    done = place.icebox("install", "--files", str(top))
    assert done.code == ExitCode.GO, done.output
    return top


def tree(top: Path) -> set[str]:
    return {str(path.relative_to(top)) for path in top.rglob("*")}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, image: Path) -> Iterator[Place]:
    """One that stays as it is while tests look at it, in ``box``."""
    made = place_in(tmp_path_factory.mktemp("kept"), image)
    install(made)
    yield made
    assert made.icebox("uninstall").code == ExitCode.GO
    assert made.left() == set()


def test_all_of_the_originals_package(kept: Place) -> None:
    top = kept.top / "box"
    assert {path.name for path in top.iterdir()} == {
        *("boot", "conf", "images", "nodes", "icebox", "icebox.properties", "setup.sh", ".icebox")
    }
    drives = build.wanted(as_drives=True).drives
    assert drives
    same = ["cmp", str(drives.base), str(top / "images/GridBase")]
    assert subprocess.run(same, capture_output=True).returncode == 0
    for node in SITE.nodes:
        names = originals.drives(node)
        for name in (names["site"], names["scratch"]):
            words = ["e2fsck", "-f", "-n", str(top / "images" / name)]
            assert subprocess.run(words, capture_output=True).returncode == 0, name
        site = top / "images" / names["site"]
        assert node.fqdn in debugfs(site, "cat /etc/hostname") + debugfs(site, "cat /etc/hosts")
        assert "BEGIN" in debugfs(site, "cat /etc/grid-security/hostkey.pem")
    for name in ("CEsite", "WNsite"):
        assert f"{SITE.vo}001" in debugfs(top / "images" / name, "ls /home"), "nobody serves it any homes"
        assert "home.mount" not in debugfs(top / "images" / name, "ls /etc/systemd/system")
    assert (top / "images/CEsite").stat().st_mode & 0o077 == 0, "keys are in it"
    assert "node.CENode=xencenode.sytes.net 192.168.1.2" in (top / "icebox.properties").read_text()


def test_xl_reads_each_machine(kept: Place, xl: Xl) -> None:
    top = kept.top / "box"
    for node in SITE.nodes:
        found = xl.read((top / "nodes" / originals.title(node)).read_text())
        assert found["c_info"]["name"] == f"{BOX}.{node.name}"
        paths = [Path(disk["pdev_path"]) for disk in found["disks"]]
        assert paths == [top / "images" / name for name in originals.drives(node).values()]
        for path in (*paths, Path(found["b_info"]["kernel"]), Path(found["b_info"]["ramdisk"])):
            assert path.is_file(), path
        assert f"icebox.role={node.role.value}" in found["b_info"]["cmdline"]


def test_nothing_is_left(place: Place) -> None:
    before = tree(place.top)
    install(place, "deep/er/box")
    done = place.icebox("uninstall")
    assert done.code == ExitCode.GO, done.output
    assert not (place.top / "deep").exists()
    left = {path for path in tree(place.top) - before if not (place.top / path).is_dir()}
    assert left <= {"home/layout", "home/identity", "home/setup.lock"}, left
    assert place.icebox("install", "--files", str(place.top / "other"), "--dry-run").code == ExitCode.GO


def test_what_others_put_there_stays(place: Place) -> None:
    top = place.top / "box"
    top.mkdir()
    install(place)
    (top / "thesis").write_text("own")
    assert place.icebox("uninstall").code == ExitCode.GO
    assert tree(top) == {"thesis"}


def test_an_empty_directory_of_somebodys_stays(place: Place) -> None:
    (place.top / "box").mkdir()
    top = install(place)
    assert place.icebox("uninstall").code == ExitCode.GO
    assert top.is_dir()
    assert tree(top) == set()


@pytest.mark.tries("shut them down first: `xl list`, `xl shutdown -w NAME`")
def test_running_machines_keep_it(kept: Place, told: Told) -> None:
    top = kept.top / "box"
    with (top / "images/WNNode").open("rb"):
        done = kept.icebox("uninstall")
        assert done.code == ExitCode.BAD_INPUT
        assert f"process {os.getpid()} has {top}/images/WNNode open" in done.output
    told(done.remedy)
    assert (top / "images/WNNode").exists()


def test_stop_and_destroy_removes_it_too(place: Place) -> None:
    top = install(place)
    assert place.icebox("stop").code == ExitCode.GO
    assert (top / "images/CENode").exists()
    assert place.icebox("stop", "--destroy").code == ExitCode.GO
    assert not top.exists()
    assert place.left() == set()


@pytest.mark.tries("./icebox uninstall --box … removes it", "or choose another name")
def test_a_second_one_is_refused(kept: Place, told: Told) -> None:
    done = kept.icebox("install", "--files", str(kept.top / "other"))
    assert done.code == ExitCode.BAD_INPUT
    assert "is installed already" in done.output
    assert str(kept.top / "box") in done.output
    told(done.remedy)


@pytest.mark.tries("./icebox ledger clean removes what it left")
def test_one_that_was_killed_is_cleaned_up(place: Place, told: Told) -> None:
    images = place.top / "box/images"
    with place.begin("install", "--files", str(images.parent)) as process:
        wait_for("the first drives", lambda: images.is_dir() and any(images.iterdir()), 120.0)
        process.kill()
    done = place.icebox("install", "--files", str(place.top / "other"))
    assert done.code == ExitCode.BAD_INPUT
    told(done.remedy)
    assert "Cleaned up" in place.icebox("ledger", "clean").output
    assert not images.parent.exists()
    assert place.left() == set()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 MB."""
    (tmp_path / "small").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "none", tmp_path / "small"], check=True)
    yield tmp_path / "small"
    subprocess.run(["umount", tmp_path / "small"], check=True)


def test_how_much_of_a_disk_is_missing(place: Place, small: Path) -> None:
    done = place.icebox("install", "--files", str(small / "box"))
    assert done.code == ExitCode.BAD_INPUT
    assert "MB are missing" in done.output
    assert list(small.iterdir()) == []
    assert place.left() == set()


@pytest.mark.tries('run ./icebox install on that machine, with kind = "local" in its site file')
def test_a_dom0_that_is_another_machine(place: Place, tmp_path: Path, told: Told) -> None:
    kind = 'kind = "embedded"'
    site = site_file(tmp_path, (kind, 'kind = "remote"\nhost = "root@xen1"'))
    words = ["install", "--files", str(tmp_path / "box"), "--site", str(site), "--dry-run"]
    done = place.icebox(*words)
    assert done.code == ExitCode.BAD_INPUT
    assert "on the machine that is its dom0" in done.output
    told(done.remedy)
    site_file(tmp_path, (kind, 'kind = "local"'))
    assert place.icebox(*words).code == ExitCode.GO
