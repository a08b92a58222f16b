"""setup.sh, the original's menu, answered from a pipe."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import state
from harness.setup import environment
from harness.setup.machine import Machine
from harness.state import checkout
from tests.integration.install.conftest import BOX, Place
from tests.integration.leaks.sandbox import PATIENCE, Done

PREPARED = ("allure", "libvirt", "stamps")
"""What a set-up has made here, beside the image and Python."""


@pytest.fixture
def prepared(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in PREPARED:
        (place.home / name).symlink_to(state.home() / name)
    python = environment.directory(Machine())
    with monkeypatch.context() as there:
        there.setenv("ICEBOX_HOME", str(place.home))
        own = environment.directory(Machine())
    own.parent.mkdir()
    own.symlink_to(python)
    yield place
    place.icebox("uninstall")


def typed(place: Place, *answers: str, **surroundings: str) -> Done:
    environment = {**os.environ, "ICEBOX_HOME": str(place.home), **surroundings}
    done = subprocess.run(
        [checkout() / "setup.sh", "--box", BOX],
        input="".join(f"{answer}\n" for answer in answers),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return Done(done.returncode, done.stdout)


def test_image_files_and_a_forwarded_port(prepared: Place) -> None:
    top = prepared.top / "box"
    done = typed(prepared, "3", str(top), "y", "4", "8443>192.168.1.2:443", "4", "8443>192.168.1.3:443", "5")
    assert done.code == 0, done.output
    assert {path.name for path in (top / "nodes").iterdir()} == {
        *("CENode", "WNNode", "SENode", "UINode", "RBNode")
    }
    table = top / "conf/gridbox-ports.cfg"
    assert table.read_text().endswith("\n8443>192.168.1.2:443\n"), done.output
    assert "The table is as it was." in done.output
    assert [path.name for path in table.parent.glob("*.before")] == []


def test_nothing_is_done_without_a_yes(prepared: Place) -> None:
    top = prepared.top / "box"
    for answers in (("3", str(top), "n", "5"), ("3", str(top)), ("2", "nowhere"), ("seven", "3", "")):
        assert typed(prepared, *answers).code == 0
    assert not top.exists()
    assert prepared.left() == set()


def test_who_is_logged_in_over_the_network_is_told(prepared: Place) -> None:
    said = typed(prepared, "1", "n", SSH_CONNECTION="10.0.0.1 40000 10.0.0.2 22").output
    assert "so this login stays" in said
    assert "that ends this login" in said, "this machine does not run Xen"
    assert "so this login stays" not in typed(prepared, "1", SSH_CONNECTION="").output


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["--tests"], 2), (["--box"], 2)])
def test_options(words: list[str], code: int) -> None:
    done = subprocess.run([checkout() / "setup.sh", *words], capture_output=True, text=True)
    assert done.returncode == code
    assert "usage: setup.sh" in done.stdout + done.stderr or "wants a value" in done.stderr


def test_it_is_found_from_an_installed_directory(prepared: Place, tmp_path: Path) -> None:
    """The link there leads to the checkout's."""
    top = tmp_path / "box"
    assert prepared.icebox("install", "--files", str(top)).code == 0
    done = subprocess.run([top / "setup.sh", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert (top / "icebox").resolve() == checkout() / "icebox"
