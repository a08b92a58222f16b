"""policy-rc.d while packages are installed, and what remains of it."""

import subprocess
from pathlib import Path

import pytest

from harness.setup.lock import locked
from harness.setup.policy import MARK, POLICY, no_services, restore
from harness.setup.units import BEFORE, kept_disabled


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    return tmp_path


def answer(root: Path) -> int:
    """What a maintainer script is told."""
    return subprocess.run([root / POLICY, "libvirtd", "start"], check=False).returncode


def test_services_are_forbidden_while_the_lock_is_held(root: Path) -> None:
    with locked(root / "home", lambda _: None), no_services(root, root / "home"):
        assert answer(root) == 101
    assert not (root / POLICY).exists()


def test_one_left_behind_forbids_nothing_and_goes_with_the_next(root: Path) -> None:
    (root / "home").mkdir()
    killed = no_services(root, root / "home")
    killed.__enter__()
    assert answer(root) == 0
    restore(root)
    assert not (root / POLICY).exists()


def test_one_that_was_killed_before_it_stood_there_is_removed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "home").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *_: pytest.fail("killed"))
        killed = no_services(root, root / "home")
        with pytest.raises(pytest.fail.Exception):
            killed.__enter__()
    assert list((root / "usr/sbin").iterdir()), "what a killed one leaves"
    restore(root)
    assert not list((root / "usr/sbin").iterdir())


def test_the_hosts_own_policy_comes_back(root: Path) -> None:
    own = "#!/bin/sh\nexit 104\n"
    (root / POLICY).write_text(own)
    (root / POLICY).chmod(0o755)
    (root / "home").mkdir()
    killed = no_services(root, root / "home")
    killed.__enter__()
    assert answer(root) == 104
    with no_services(root, root / "home"):
        assert MARK in (root / POLICY).read_text()
    assert (root / POLICY).read_text() == own
    assert len(list((root / "usr/sbin").iterdir())) == 1


def test_a_killed_run_still_knows_what_was_enabled_before(root: Path) -> None:
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "libvirt-guests.service").symlink_to("/x")
    (root / BEFORE).write_text(f"{wants / 'libvirt-guests.service'}\n")
    (wants / "libvirtd.service").symlink_to("/x")
    (wants / "logrotate.timer").symlink_to("/x")
    with kept_disabled(root, root):
        pass
    assert sorted(link.name for link in wants.iterdir()) == ["libvirt-guests.service", "logrotate.timer"]
    assert not (root / BEFORE).exists()
