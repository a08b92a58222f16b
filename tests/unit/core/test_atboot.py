"""The unit that brings a box up when the machine boots: what systemd makes of it, and what is refused."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness import state
from harness.box import atboot
from harness.commands import boot
from harness.dom0.shelf import InDirectory
from harness.errors import HostError, InputError
from harness.ledger import Ledger
from harness.state import checkout
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE

ODD = 'a 50% "odd" $HOME\\x'


@pytest.fixture
def units(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for units, and a fake of systemctl: it keeps its words, and fails if there is ``fail``."""
    path = tmp_path / "units"
    path.mkdir()
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    fails = f'[ ! -e {tmp_path}/fail ] || [ "$1" = disable ]'
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n{fails}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(atboot, "UNITS", path)
    return path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(home: Path, tmp_path: Path) -> None:
    """A sign with a meaning in unit files has none in a path."""
    unit = tmp_path / "icebox-school.service"
    unit.write_text(atboot.render("school", tmp_path / ODD / "site.toml"))
    seen = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (seen.returncode, seen.stderr) == (0, "")
    unit.write_text(atboot.render("school", tmp_path / "site.toml", trusted=True))
    assert " start --if-down --trust-students --box school " in unit.read_text()
    seen = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (seen.returncode, seen.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("ExecStart=", "ExecStrat="))
    assert subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True).stderr


def test_a_state_directory_of_its_own_is_meant_at_boot_too(home: Path) -> None:
    assert f'Environment="ICEBOX_HOME={home}"' in atboot.render("school", Path("/srv/site.toml"))


def test_enabled_and_disabled(units: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atboot, "RUNS", tmp_path)
    ledger = Ledger("school")
    unit = atboot.enable("school", checkout() / "icebox.toml", ledger)
    assert [path.name for path in units.iterdir()] == [unit]
    ledger.replay({atboot.KIND: atboot.undo})
    assert list(units.iterdir()) == []
    assert ledger.open_entries() == []
    told = (tmp_path / "told").read_text().splitlines()
    before, after = ["daemon-reload", f"enable {unit}"], [f"disable {unit}", "daemon-reload", f"stop {unit}"]
    assert told == before + after


def test_it_waits_for_the_disks_of_its_machines(
    units: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atboot, "RUNS", tmp_path)
    ledger = Ledger("school")
    (tmp_path / "my disks").mkdir()
    InDirectory("school", str(tmp_path / "my disks"), {}, {}).claim(ledger)
    unit = units / atboot.enable("school", checkout() / "icebox.toml", ledger)
    [waits] = [line for line in unit.read_text().splitlines() if line.startswith("RequiresMountsFor=")]
    assert waits.endswith(f' "{tmp_path}/my disks/school"')


def test_one_that_systemd_refuses_leaves_nothing(units: Path, tmp_path: Path) -> None:
    (tmp_path / "fail").write_text("")
    ledger = Ledger("school")
    with pytest.raises(HostError, match="failed"):
        atboot.enable("school", checkout() / "icebox.toml", ledger)
    assert list(units.iterdir()) == []
    assert ledger.open_entries() == []


@pytest.mark.tries("move it away, or choose another name with --box NAME")
def test_a_unit_of_somebody_else_stays(units: Path, told: Told) -> None:
    other = units / f"icebox-school{state.home_mark()}.service"
    other.write_text("[Unit]\n")
    with pytest.raises(HostError, match="no box has made") as caught:
        atboot.enable("school", checkout() / "icebox.toml", Ledger("school"))
    told(caught.value)
    assert other.read_text() == "[Unit]\n"
    other.unlink()
    assert atboot.enable("school", checkout() / "icebox.toml", Ledger("school")) == other.name


def test_a_machine_without_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atboot, "RUNS", tmp_path / "none")
    with pytest.raises(HostError, match="not run by systemd") as caught:
        atboot.check_host()
    assert "--if-down" in caught.value.remedy


@pytest.mark.tries(
    "./icebox start… makes one that stays, when it is gone",
    "name its own with --site FILE, or stop the box and start it with this one",
)
def test_what_is_brought_up_is_what_was(home: Path, tmp_path: Path, told: Told) -> None:
    from harness.box.files import BoxFiles

    site, ledger = SITE, Ledger("school")
    BoxFiles("school").keep_site(site)
    with pytest.raises(InputError, match="for a while only") as caught:
        boot.check_kept("school", ledger, site.path)
    told(caught.value)
    ledger.intend("kept", "school")  # as start does
    other = tmp_path / "other.toml"
    other.write_text(site.path.read_text() + "# changed\n")
    failing(told, lambda: boot.check_kept("school", ledger, other), InputError, match="another site file")
    boot.check_kept("school", ledger, site.path)
