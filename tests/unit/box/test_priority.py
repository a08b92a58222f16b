"""The plugin that starts batch jobs at once; slurmctld and Slurm's own plugin are small programs here."""

import subprocess
from pathlib import Path

import pytest

from harness.image import native

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "box/parts/ce-batch/native/priority_basic.c"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plugin, Slurm's own, and slurmctld."""
    folder = tmp_path_factory.mktemp("made")
    native.compile_one(SOURCE, folder / "plugin.so", "-Werror", f'-DBASIC="{folder}/own.so"')
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", folder / "own.so", HERE / "native/own-priority.c"], check=True
    )
    words = ["gcc", "-Wall", "-Werror", "-rdynamic", "-o", folder / "slurmctld", HERE / "native/slurmctld.c"]
    subprocess.run(words, check=True)
    return folder


def run(made: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [made / "slurmctld", made / "plugin.so"], capture_output=True, text=True, check=False
    )


def test_a_new_job_wakes_the_scheduler_and_all_else_is_slurms_own(made: Path) -> None:
    assert run(made).stdout.splitlines() == [
        "priority/basic 180b05",
        "init 0",
        "schedule new",
        "own job",
        "priority 6",
        "own reconfig 1",
        "own association",
        "factor 0.50",
        "factors list",
        "own end of job",
        "boost 6",
        "thread 3",
        "own fini",
    ]


def test_without_slurms_own_it_has_no_version_and_is_passed_over(made: Path, tmp_path: Path) -> None:
    for name in ("slurmctld", "plugin.so"):
        (tmp_path / name).symlink_to(made / name)
    own = made / "own.so"
    own.rename(made / "away.so")
    try:
        assert run(tmp_path).returncode == 3
    finally:
        (made / "away.so").rename(own)
