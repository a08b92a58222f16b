"""The programs that slurmctld runs at a job's start and end: the lines they write for GRAM's job managers."""

import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[3] / "box/parts/ce-batch/tree/usr/lib/icebox-pbs"
LINE = re.compile(r"001;(\d+);12\.ce\.domain;(\d+;\d+)")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The programs with the server's name and a log folder of the test."""
    (tmp_path / "server_name").write_text("ce.domain\n")
    for name in ("gram-event", "job-run", "job-end"):
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


def event(programs: Path, name: str, **variables: str) -> str:
    """State and exit code that the program wrote; it has said nothing else."""
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "GRAM_EVENTS": str(programs / "logs"), **variables}
    before = int(time.time())
    done = subprocess.run([programs / name], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    log = max((programs / "logs").iterdir())
    match = LINE.fullmatch(log.read_text().splitlines()[-1])
    assert match
    assert before <= int(match[1]) <= time.time()
    assert log.name == time.strftime("%Y%m%d", time.gmtime(int(match[1])))
    return match[2]


def test_start(programs: Path) -> None:
    assert event(programs, "job-run", SLURM_JOB_ID="12") == "2;0"


@pytest.mark.parametrize(
    ("state", "code", "written"),
    [
        ("COMPLETED", "0:0", "8;0"),
        ("FAILED", "7:0", "8;7"),
        ("FAILED", "0:9", "8;265"),
        ("TIMEOUT", "0:0", "8;271"),
        ("CANCELLED", "0:15", "4;0"),
        ("CANCELLED by 1001", "0:0", "4;0"),
        ("NODE_FAIL", "1:0", "1;0"),
    ],
)
def test_end(programs: Path, state: str, code: str, written: str) -> None:
    assert event(programs, "job-end", JOBID="12", JOBSTATE=state, EXITCODE=code, BATCH="yes") == written


def test_lost_job_that_may_not_run_again(programs: Path) -> None:
    (programs / "scontrol").write_text('#!/bin/sh\necho "JobId=12 Requeue=0 Restarts=0"\n')
    assert (
        event(programs, "job-end", JOBID="12", JOBSTATE="NODE_FAIL", EXITCODE="0:0", BATCH="yes") == "8;271"
    )


def test_days_are_those_of_utc(programs: Path) -> None:
    """Wherever the node's clock says it is: one of these places has another date."""
    for place in ("UTC+12", "UTC-12"):
        assert event(programs, "job-run", SLURM_JOB_ID="12", TZ=place) == "2;0"


def test_job_managers_may_read(programs: Path) -> None:
    event(programs, "job-run", SLURM_JOB_ID="12")
    (log,) = (programs / "logs").iterdir()
    assert log.stat().st_mode & 0o777 == 0o644


def test_lines_of_several_writers_never_mix(programs: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: event(programs, "job-run", SLURM_JOB_ID="12"), range(40)))
    lines = [line for log in (programs / "logs").iterdir() for line in log.read_text().splitlines()]
    assert len(lines) == 40
    assert all(LINE.fullmatch(line) for line in lines)


def test_log_that_cannot_be_written_stops_no_job(programs: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "GRAM_EVENTS": "/nonexistent", "SLURM_JOB_ID": "12"}
    assert (
        subprocess.run([programs / "job-run"], env=environment, capture_output=True, check=False).returncode
        == 0
    )
