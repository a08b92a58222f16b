"""The programs that slurmctld runs at a job's start and end, as GRAM's event generator reads their lines."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[3] / "box/parts/ce-batch/tree/usr/lib/icebox-pbs"
LINE = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d;(\w{4});PBS_Server;Job;12\.ce\.domain;(.*)")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The programs with the server's name and a log folder of the test."""
    (tmp_path / "server_name").write_text("ce.domain\n")
    for name in ("server-log", "job-run", "job-end"):
        text = (
            (PROGRAMS / name)
            .read_text()
            .replace("/var/spool/torque/server_name", str(tmp_path / "server_name"))
        )
        (tmp_path / name).write_text(text)
        shutil.copymode(PROGRAMS / name, tmp_path / name)
    fake = tmp_path / "scontrol"
    fake.write_text('#!/bin/sh\necho "JobId=12 Requeue=1 Restarts=0"\n')
    fake.chmod(0o755)
    (tmp_path / "logs").mkdir()
    return tmp_path


def event(programs: Path, name: str, **variables: str) -> tuple[str, str]:
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "PBS_SERVER_LOGS": str(programs / "logs"),
        **variables,
    }
    done = subprocess.run([programs / name], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    (log,) = (programs / "logs").iterdir()
    assert re.fullmatch(r"\d{8}", log.name)
    match = LINE.fullmatch(log.read_text().splitlines()[-1])
    assert match
    return match[1], match[2]


def test_start(programs: Path) -> None:
    assert event(programs, "job-run", SLURM_JOB_ID="12") == ("0008", "Job Run at request of slurm@ce.domain")


@pytest.mark.parametrize(
    ("state", "code", "written"),
    [
        ("COMPLETED", "0:0", ("0010", "Exit_status=0")),
        ("FAILED", "7:0", ("0010", "Exit_status=7")),
        ("FAILED", "0:9", ("0010", "Exit_status=265")),
        ("TIMEOUT", "0:0", ("0010", "Exit_status=271")),
        ("CANCELLED", "0:15", ("0008", "Job deleted at request of root@ce.domain")),
        ("NODE_FAIL", "1:0", ("0008", "Job Requeued: NODE_FAIL")),
    ],
)
def test_end(programs: Path, state: str, code: str, written: tuple[str, str]) -> None:
    assert (
        event(programs, "job-end", JOBID="12", JOBSTATE=state, EXITCODE=code, UID="0", BATCH="yes") == written
    )


def test_lost_job_that_may_not_run_again(programs: Path) -> None:
    (programs / "scontrol").write_text('#!/bin/sh\necho "JobId=12 Requeue=0 Restarts=0"\n')
    written = event(
        programs, "job-end", JOBID="12", JOBSTATE="NODE_FAIL", EXITCODE="0:0", UID="1", BATCH="yes"
    )
    assert written == ("0010", "Exit_status=271")


def test_log_that_cannot_be_written_stops_no_job(programs: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "PBS_SERVER_LOGS": "/nonexistent", "SLURM_JOB_ID": "12"}
    assert (
        subprocess.run([programs / "job-run"], env=environment, capture_output=True, check=False).returncode
        == 0
    )
