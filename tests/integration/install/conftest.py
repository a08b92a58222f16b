"""A state directory that borrows this machine's image, icebox in it, and LVM on a disk of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.console import Console
from harness.image import build
from harness.state import checkout, image_dir
from tests.integration.install import lvmhost
from tests.integration.install.lvmhost import Lvm
from tests.integration.leaks.sandbox import PATIENCE, Done
from tests.integration.virt.xl import Xl

BOX = f"in{os.getpid() % 4096:03x}"
"""Names volume groups, too, which all of the machine sees."""
GROUP = f"grid{BOX}"
DATA = b"somebody's data" * 1000


@dataclass(frozen=True)
class Place:
    """Where icebox is installed from: its state directory, and what it finds in PATH first."""

    top: Path
    path: str = ""

    @property
    def home(self) -> Path:
        return self.top / "home"

    def begin(self, command: str, *words: str) -> subprocess.Popen[str]:
        """icebox, as it is typed, without an answer to its questions."""
        line = [sys.executable, "-P", "-m", "harness.cli", command, "--box", BOX, *words]
        surroundings = {
            **os.environ,
            "PYTHONPATH": str(checkout()),
            "ICEBOX_HOME": str(self.home),
            "PATH": f"{self.path}:{os.environ['PATH']}",
        }
        return subprocess.Popen(
            line,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def icebox(self, *words: str, patience: float = PATIENCE) -> Done:
        with self.begin(*words) as process:
            output, _ = process.communicate(timeout=patience)
        return Done(process.returncode, output)

    def ledger(self) -> str:
        return self.icebox("ledger").output

    def left(self) -> set[str]:
        """Files below the state directory that are a box's, or an installation's."""
        tops = [self.home / name for name in ("boxes", "installed", "ledger")]
        return {str(path) for top in tops for path in top.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="session")
def image() -> Path:
    """This machine's, with its drives."""
    build.ensure(Console(), as_drives=True)
    return image_dir()


def place_in(top: Path, image: Path) -> Place:
    (top / "home").mkdir()
    (top / "home/image").symlink_to(image)
    return Place(top)


@pytest.fixture
def place(tmp_path: Path, image: Path) -> Place:
    return place_in(tmp_path, image)


@pytest.fixture(scope="session")
def lvm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lvmhost.unpack(tmp_path_factory.mktemp("lvm2") / "root")


@pytest.fixture
def device(tmp_path: Path) -> Iterator[str]:
    """An empty partition of 40 GB, of which the host's disk has what is written."""
    with lvmhost.disk(tmp_path / "disk", 40 << 30) as made:
        yield made


@pytest.fixture
def lvm(tmp_path: Path, lvm2: Path, device: str) -> Iterator[Lvm]:
    """LVM that sees the partition alone."""
    made = Lvm(tmp_path / "lvm", lvm2, [device])
    yield made
    made.let_go()


@pytest.fixture
def group(lvm: Lvm, device: str) -> str:
    """A volume group with a volume of somebody's."""
    lvm.run("vgcreate", "--yes", GROUP, device)
    lvm.make(f"{GROUP}/home", 2)
    Path(f"/dev/{GROUP}/home").write_bytes(DATA)
    return GROUP


def expect_as_it_was(place: Place, lvm: Lvm) -> None:
    """See that the group holds what is somebody's and nothing else, and that no box has left anything."""
    assert lvm.names("lvs", "lv_name") == ["home"]
    assert Path(f"/dev/{GROUP}/home").read_bytes().startswith(DATA)
    assert place.left() == set()


@pytest.fixture
def at_lvm(place: Place, lvm: Lvm) -> Place:
    return Place(place.top, str(lvm.path))


@pytest.fixture(scope="session")
def xl(tmp_path_factory: pytest.TempPathFactory) -> Xl:
    return Xl(tmp_path_factory.mktemp("xen") / "root")
