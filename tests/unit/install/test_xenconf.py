"""What a Xen host is set to: said before, done once, and taken back to the byte."""

import subprocess
from pathlib import Path

import pytest

from harness.box import atboot
from harness.errors import HostError, InputError
from harness.install import xenconf
from harness.state import checkout
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE

OWN = '# Configuration of xl\n#vif.default.bridge="xenbr0"\nautoballoon="off"'
ADDED = 'vif.default.bridge="boxbr0"\n'


@pytest.fixture
def conf(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """xl.conf of a host without systemd."""
    path = tmp_path / "xen/xl.conf"
    path.parent.mkdir()
    monkeypatch.setattr(xenconf, "CONF", path)
    monkeypatch.setattr(atboot, "RUNS", tmp_path / "nowhere")
    return path


@pytest.mark.parametrize("text", [OWN, f"{OWN}\n", ""])
def test_it_is_put_back_to_the_byte(conf: Path, text: str) -> None:
    conf.write_text(text)
    conf.chmod(0o640)
    xenconf.configure(SITE, "school")
    assert conf.read_text().endswith(ADDED)
    assert conf.read_text().startswith(text)
    xenconf.configure(SITE, "school")
    assert conf.read_text().count(ADDED) == 1
    xenconf.undo()
    assert conf.read_text() == text
    assert conf.stat().st_mode & 0o777 == 0o640
    assert xenconf.journal().open_entries() == []


def test_a_file_that_was_not_there_goes(conf: Path) -> None:
    xenconf.configure(SITE, "school")
    assert conf.read_text() == ADDED
    xenconf.undo()
    assert not conf.exists()


def test_what_others_changed_since_stays(conf: Path) -> None:
    conf.write_text(OWN)
    xenconf.configure(SITE, "school")
    conf.write_text(f'{conf.read_text()}lockfile="/run/xl"\n')
    xenconf.undo()
    assert conf.read_text() == f'{OWN}\nlockfile="/run/xl"\n'


def test_another_bridge_of_the_hosts_is_left(conf: Path) -> None:
    conf.write_text("vif.default.bridge = 'xenbr0'\n")
    assert any("as it is: xenbr0" in each for each in xenconf.deeds(SITE, "school"))
    xenconf.configure(SITE, "school")
    assert conf.read_text() == "vif.default.bridge = 'xenbr0'\n"


@pytest.mark.usefixtures("conf")
def test_what_would_be_done_is_said_and_not_done(conf: Path) -> None:
    said = list(xenconf.deeds(SITE, "school"))
    assert any(ADDED.strip() in each for each in said)
    assert any("no systemd runs this machine" in each for each in said)
    assert not conf.exists()
    with pytest.raises(InputError, match="nothing on this machine was configured"):
        xenconf.undo()


def test_the_unit(tmp_path: Path, conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd itself judges it where there is one; what it is told to do is recorded here."""
    asked: list[tuple[str, ...]] = []
    for name in ("UNITS", "RUNS"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(atboot, name, tmp_path / name)
    monkeypatch.setattr(atboot, "_systemctl", lambda *words: asked.append(words))
    assert any("a unit that has the network" in each for each in xenconf.deeds(SITE, "school"))
    xenconf.configure(SITE, "school")
    [unit] = (tmp_path / "UNITS").iterdir()
    text = unit.read_text()
    assert f'ExecStart="{checkout()}/icebox" --no-install network-gridbox start --box school\n' in text
    assert "Before=xendomains.service" in text
    assert ("enable", unit.name) in asked
    xenconf.undo()
    assert not unit.exists()
    assert ("disable", unit.name) in asked
    assert conf.parent.is_dir()


def test_systemd_reads_the_unit(home: Path, tmp_path: Path) -> None:
    del home
    path = tmp_path / "icebox-network.service"
    path.write_text(xenconf._unit("school"))
    verify = ["systemd-analyze", "verify", "--man=no", str(path)]
    try:
        done = subprocess.run(verify, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("this machine has no systemd-analyze")
    assert str(path) not in done.stderr, done.stderr


@pytest.mark.tries("apt-get install xen-system-amd64, and boot its entry")
def test_without_xen(conf: Path, told: Told) -> None:
    conf.parent.rmdir()
    failing(told, lambda: list(xenconf.deeds(SITE, "school")))
    with pytest.raises(HostError):
        xenconf.configure(SITE, "school")
    conf.parent.mkdir()  # as the package does
    assert list(xenconf.deeds(SITE, "school"))
