"""A box that is installed, as ./icebox start brings it up: from the installed disks, or with an error."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import state
from harness.box import disks
from harness.box.files import BoxFiles
from harness.dom0 import driveset, lvm
from harness.errors import InputError
from harness.image.boot import Boot
from harness.install import installation, installed, record
from harness.install.store import Files
from harness.ledger import Ledger
from harness.site import Role, Site
from harness.sitefile import load
from harness.state import checkout
from harness.virt import originals
from harness.virt.domain import WRITTEN
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE, site_with

BOX, KEYS = "school", ("base-1", "roles-1")
DEFAULT = checkout() / "icebox.toml"
MACHINES = SITE.of_machines("qemu")
Install = Callable[..., Path]


@pytest.fixture
def install(home: Path, tmp_path: Path) -> Install:
    """An installation, as far as others look at it: in files, or in a volume group."""
    assert home

    def make(nodes: Sequence[Any] = SITE.nodes, *, group: str = "", whole: str = "yes") -> Path:
        top, ledger = tmp_path / "installed", Ledger(BOX)
        (top / "conf").mkdir(parents=True)
        (top / "conf" / record.SITE_FILE).write_bytes(SITE.path.read_bytes())
        (top / "conf" / record.PORTS).write_bytes(SITE.ports.path.read_bytes())
        (top / record.PROPERTIES).write_text(f"box={BOX}\nimage={' '.join(KEYS)}\n")
        ledger.intend(record.DIRECTORY, str(top), tag="icebox.0", made="", whole=whole)
        (top / "images").mkdir()
        for name in sorted({name for node in nodes for name in originals.drives(node).values()}):
            if group:
                ledger.intend(record.VOLUME, f"{group}/{name}", tag="icebox.0")
            else:
                (top / "images" / name).write_text(name)
        return top

    return make


@pytest.fixture
def image(home: Path) -> Any:
    boot = Boot("0123")
    (boot.top / "boot").mkdir(parents=True)
    for name in ("vmlinuz-6", "vmlinux-6", "initrd-6.img"):
        (boot.top / "boot" / name).write_text(name)
    shared = SimpleNamespace(base=home / "base", roles=home / "roles", boot=boot)
    layers = SimpleNamespace(of=lambda role: home / role)
    return SimpleNamespace(drives=shared, keys=KEYS, base=SimpleNamespace(root=home), roles=layers)


def sets(site: Site, image: Any) -> dict[str, driveset.DriveSet]:
    found = disks.of(site, BoxFiles(BOX), image, disks.HOSTS_OWN)
    return {disk.machine: disk.drives for disk in found if disk.drives}


def test_what_nodes_write_is_on_installed_disks(install: Install, image: Any) -> None:
    top = install()
    disks.check(MACHINES, BOX)
    for node in MACHINES.nodes:
        drives = sets(MACHINES, image)[node.name]
        names = originals.drives(node)
        assert {name: drives.links[name] for name in WRITTEN} == {
            name: top / "images" / names[name] for name in WRITTEN
        }
        assert "site" not in drives.links, "that of machines started by hand stays as it is"
        assert (drives.links["base"], drives.placed) == (image.drives.base, {}), "a copy is no better"


def test_they_are_not_filled_again(install: Install, image: Any) -> None:
    top = install()
    files = BoxFiles(BOX)
    for node in MACHINES.nodes:
        (files.layer(node.name) / "etc/icebox").mkdir(parents=True)
    disks.prepare(MACHINES, files)
    disks.lay(MACHINES, files, image)
    assert (top / "images/CENode").read_text() == "CENode"
    assert (files.drives("xencenode") / "swap").read_text() == "CEswap"
    assert not list(files.top.glob("scratch/*/*.img"))


def test_volumes(install: Install, image: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(group="grid")
    active: list[str] = []
    monkeypatch.setattr(lvm, "opened", lambda _: [])
    monkeypatch.setattr(lvm, "activate", active.append)
    monkeypatch.setattr(Path, "is_block_device", lambda self: self.is_relative_to("/dev/grid"))
    disks.check(MACHINES, BOX)
    assert "grid/CENode" in active, "a boot of the host has made none of them active"
    links = sets(MACHINES, image)["xencenode"].links
    assert {name: str(links[name]) for name in ("base", "roles", "scratch", "swap")} == {
        "base": "/dev/grid/GridBase",
        "roles": "/dev/grid/GridRoles",
        "scratch": "/dev/grid/CENode",
        "swap": "/dev/grid/CEswap",
    }
    image.keys = ("base-2", "roles-2")
    links = sets(MACHINES, image)["xencenode"].links
    assert links["base"] == image.drives.base, "nodes boot from the image of their site layers"
    assert str(links["scratch"]) == "/dev/grid/CENode"


def test_containers_have_none_of_it(install: Install, image: Any) -> None:
    install()
    disks.check(SITE, BOX)
    assert sets(SITE, image) == {}


def test_one_that_was_cut_short_is_none(install: Install, image: Any) -> None:
    install(whole="")
    assert "scratch" not in sets(MACHINES, image)["xencenode"].links
    assert installed.site_for(BOX, DEFAULT) == load(DEFAULT)


def test_it_is_started_as_it_is_installed(install: Install, tmp_path: Path) -> None:
    top = install()
    found = installed.site_for(BOX, DEFAULT)
    assert {node.hypervisor for node in found.nodes} == {"xen"}
    assert (found.path, found.by_hand) == (top / "conf" / record.SITE_FILE, False)
    assert len(found.mounting) == 2, "homes are served"
    assert installed.site_for("other", DEFAULT) == load(DEFAULT)
    named = site_with(tmp_path)
    assert installed.site_for(BOX, named.path) == named


def test_what_its_nodes_are_is_known_while_it_is_up(install: Install) -> None:
    install()
    files = BoxFiles(BOX)
    files.make()
    files.keep_site(installed.site_for(BOX, DEFAULT))
    assert {node.hypervisor for node in files.site().nodes} == {"xen"}
    files.keep_site(SITE)
    assert {node.hypervisor for node in files.site().nodes} == {"lxc"}


def starts(site: Site) -> Callable[[], None]:
    return lambda: disks.check(site, BOX)


@pytest.mark.tries("take disk.lvm and disk.files out of the site file, or ./icebox uninstall first")
def test_a_site_file_that_has_disks_elsewhere(install: Install, told: Told) -> None:
    install()
    error = failing(told, starts(replace(MACHINES, disk_group="vg0")))
    assert "is installed, and its disks are where they were made" in error.what
    disks.check(MACHINES, BOX)


@pytest.mark.tries("start it by the site file that it was installed by: without --site")
def test_a_site_with_a_node_more(install: Install, tmp_path: Path, told: Told) -> None:
    install()
    more = site_with(tmp_path, ('"192.168.1.3"\ncount = 1 ', '"192.168.1.3"\ncount = 2 '))
    error = failing(told, starts(more.of_machines("qemu")))
    assert error.what == "the box 'school' was installed without xenwnnode2"
    nodes = [replace(node, hypervisor="lxc" if node.role is Role.WN else "qemu") for node in more.nodes]
    disks.check(replace(more, nodes=tuple(nodes)), BOX)


@pytest.mark.tries("shut them down first: `xl list`, `xl shutdown -w NAME`")
def test_machines_that_were_started_by_hand(install: Install, told: Told) -> None:
    top = install()
    with (top / "images/SENode").open("rb"):
        error = failing(told, starts(MACHINES))
    assert f"{top}/images/SENode open" in error.why
    disks.check(MACHINES, BOX)


@pytest.mark.tries("mount the disk that it is on, or ./icebox uninstall --box …")
def test_a_disk_that_is_not_mounted(install: Install, told: Told) -> None:
    top = install()
    (top / "images").rename(top / "away")
    assert failing(told, starts(MACHINES)).what == "the installed disks of the box are gone"
    (top / "away").rename(top / "images")
    disks.check(MACHINES, BOX)


def test_a_box_that_has_written_in_its_own_directory(install: Install) -> None:
    install()
    own = state.box_dir(BOX) / "scratch/xencenode/scratch.img"
    own.parent.mkdir(parents=True)
    own.touch()
    with pytest.raises(InputError, match="are in its own directory, and are not moved"):
        disks.check(MACHINES, BOX)


@pytest.mark.usefixtures("home")
def test_such_a_box_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have two sets of disks."""
    monkeypatch.setattr(installation.host, "check_root", lambda: None)
    own = state.box_dir(BOX) / "scratch/xencenode/scratch.img"
    own.parent.mkdir(parents=True)
    own.touch()
    request = installation.Request(installed.as_domains(SITE), BOX, Files(tmp_path / "new"))
    with pytest.raises(InputError, match="are in its own directory, and are not moved"):
        installation.asked(request)
    own.unlink()
    monkeypatch.setattr(installation, "planned", lambda *_: [])
    assert installation.asked(request) == ()


def test_a_box_on_another_machine_has_no_part_in_it(
    install: Install, image: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    there = replace(SITE.of_machines("xen"), dom0_kind="remote", dom0_host="root@xen1")
    assert "scratch" not in sets(there, image)["xencenode"].links
    monkeypatch.setattr(record, "users", lambda _: pytest.fail("nobody asks"))
    disks.check(there, BOX)
