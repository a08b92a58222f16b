"""How often a job manager for fork jobs looks, with gram-tick.c; the job manager is a small program here."""

import subprocess
from pathlib import Path

import pytest

from harness.image import native

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "box/parts/ce/native/gram-tick.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job manager, beside the library that it is linked to and the object."""
    made = tmp_path_factory.mktemp("made")
    native.compile_one(SOURCE, made / "gram-tick.so", "-Werror")
    common, program = made / "libcommon.so", made / "periodic"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", common, HERE / "native/common.c"], check=True)
    subprocess.run(["gcc", "-o", program, HERE / "native/periodic.c", common], check=True)
    return program


def said(program: Path, **environment: str) -> list[str]:
    return subprocess.run(
        [program], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_it_looks_more_often_and_does_all_else_as_before(program: Path) -> None:
    assert said(program, LD_PRELOAD=str(program.parent / "gram-tick.so")) == [
        "look after 0.100000 every 0.100000 in -2",
        "told 7 made 5",
        "expire at once every 1.000000 in -2",
        "check after 60.000000 every 60.000000 in -2",
        "preload is gone",
    ]


def test_without_it(program: Path) -> None:
    assert said(program)[0] == "look after 1.000000 every 1.000000 in -2"
