"""What a WN puts back into service: nodes and jobs that Slurm itself took out, by the reasons it names."""

import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "box/parts/wn/tree/usr/lib/icebox-pbs/node-health"


@pytest.fixture
def slurm(tmp_path: Path) -> Path:
    """A folder with Slurm's commands, and a log of what is changed by them."""
    commands = {
        "uname": "echo wn.domain",
        "sinfo": f"cat {tmp_path}/node",
        "squeue": f"cat {tmp_path}/jobs",
        "scontrol": f'case $1 in show) cat {tmp_path}/job.$4 ;; *) echo "$*" >> {tmp_path}/changed ;; esac',
    }
    for name, line in commands.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "node").write_text("none\n")
    (tmp_path / "jobs").write_text("")
    return tmp_path


def changed(slurm: Path) -> list[str]:
    """What the program changed; it must end well whatever it finds."""
    subprocess.run([PROGRAM], env={"PATH": f"{slurm}:/usr/bin:/bin"}, check=True)
    log = slurm / "changed"
    return log.read_text().splitlines() if log.exists() else []


def held(slurm: Path, restarts: int) -> None:
    (slurm / "jobs").write_text("7 launch failed requeued held\n8 Priority\n9 JobHeldUser\n")
    (slurm / "job.7").write_text(f"JobId=7 JobName=STDIN Requeue=1 Restarts={restarts} BatchFlag=2\n")


def test_a_sound_node_is_left_alone(slurm: Path) -> None:
    assert changed(slurm) == []


@pytest.mark.parametrize("reason", ["Duplicate jobid", "Kill task failed", "Epilog error"])
def test_what_slurm_took_out_comes_back(slurm: Path, reason: str) -> None:
    (slurm / "node").write_text(f"{reason}\n")
    assert changed(slurm) == ["update NodeName=wn State=RESUME"]


def test_what_a_person_took_out_stays_out(slurm: Path) -> None:
    (slurm / "node").write_text("pbsnodes -o\n")
    assert changed(slurm) == []


def test_a_job_that_was_started_twice_is_let_go(slurm: Path) -> None:
    held(slurm, restarts=1)
    assert changed(slurm) == ["release 7"]


def test_a_job_that_never_starts_is_held_in_the_end(slurm: Path) -> None:
    held(slurm, restarts=4)
    assert changed(slurm) == []
