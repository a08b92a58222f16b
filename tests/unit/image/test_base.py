"""Building the base layer with a fake of the installer: what it leaves out, and what is left when it dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import process, state
from harness.deadline import wait_for
from harness.errors import HostError
from harness.image import base
from tests.unit.image.tree import GROUP, PASSWD, write

FAKE_MMDEBSTRAP = """\
#!/bin/sh
for root; do shift; [ $# = 1 ] && break; done
mkdir -p "$root/proc" && mount -t proc proc "$root/proc"
touch "$root/under-way"
sleep 300
"""


def fake_install(words: list[str], environment: Mapping[str, str], _log: Path) -> None:
    """In the place of mmdebstrap."""
    root = Path(words[-2])
    assert words[0] == "unshare"
    assert Path(environment["TMPDIR"]).is_dir()
    write(root / "etc/passwd", PASSWD)
    write(root / "etc/group", GROUP)
    write(root / "etc/ssh/ssh_host_rsa_key", "made at installation\n")
    write(root / "var/log/apt.log", "much\n")
    write(
        root / "var/lib/dpkg/status",
        "Package: voms-server\nStatus: install ok installed\nVersion: 2.1\n"
        "Architecture: all\nMaintainer: n\nDescription: d\n",
    )


@pytest.fixture
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a mirror and space for the smallest of images."""
    monkeypatch.setattr(base, "mirror", lambda: "http://mirror.example/debian")
    monkeypatch.setattr(base, "NEEDED", 1000)


def test_base_layer(checkout: Path, home: Path, easy: None) -> None:
    wanted = base.wanted()
    with base.building(lambda: None) as ledger:
        base.build(wanted, ledger, fake_install)
    assert wanted.packages() == {"voms-server": "2.1"}
    # Keys that packages make must never be shared.
    assert not (wanted.root / "etc/ssh/ssh_host_rsa_key").exists()
    assert not (wanted.root / "var/log/apt.log").exists()
    assert sorted(path.name for path in state.image_dir().iterdir()) == [wanted.top.name]


def test_a_build_that_fails_leaves_nothing(checkout: Path, home: Path, easy: None) -> None:
    def failing(*_: object) -> None:
        raise HostError("no mirror answers")

    with pytest.raises(HostError), base.building(lambda: None) as ledger:
        base.build(base.wanted(), ledger, failing)
    assert list(state.image_dir().iterdir()) == []


def test_no_space(checkout: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "NEEDED", 10**18)
    with pytest.raises(HostError) as caught, base.building(lambda: None) as ledger:
        base.build(base.wanted(), ledger, fake_install)
    assert "too little space to build the image" in str(caught.value)
    assert "ICEBOX_HOME" in str(caught.value)


BUILD = """
from pathlib import Path
from harness import state
from harness.image import base
state.checkout = lambda: Path({checkout!r})
base.mirror = lambda: "http://mirror.example/debian"
base.NEEDED = 1000
with base.building(lambda: print("waiting", flush=True)) as ledger:
    base.build(base.wanted(), ledger)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the installer gets namespaces, and they need root")
def test_killed_with_its_installer_under_way(
    checkout: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake mmdebstrap mounts something in the half-made root and never ends; nothing of it is left."""
    write(tmp_path / "bin/mmdebstrap", FAKE_MMDEBSTRAP, 0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    script = BUILD.format(checkout=str(checkout))
    builder = subprocess.Popen([sys.executable, "-c", script])
    partial = base.wanted().top.with_suffix(".partial")
    wait_for("the installer to be under way", (partial / "root/under-way").exists, 20)
    builder.kill()
    builder.wait()
    (token,) = [entry.key for entry in base.ledger().open_entries() if entry.kind == "builder"]
    assert list(process.marked(base.BUILDER, token))
    base.clean()
    assert not list(process.marked(base.BUILDER, token))
    assert str(home) not in Path("/proc/self/mountinfo").read_text()
    assert list(state.image_dir().iterdir()) == []


def test_a_build_that_runs_is_waited_for_and_not_cleaned(checkout: Path, home: Path, easy: None) -> None:
    with base.building(lambda: None) as ledger:
        ledger.intend("directory", str(state.image_dir() / "base-x.partial"))
        write(state.image_dir() / "base-x.partial/root/file", "half made\n")
        base.clean()
        assert (state.image_dir() / "base-x.partial/root/file").exists()
        script = BUILD.format(checkout=str(checkout))
        second = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        assert second.stdout.readline() == "waiting\n"
    second.send_signal(signal.SIGKILL)
    second.communicate()
    base.clean()
