"""Where the output of a job goes."""

from pathlib import Path

import pytest

from gridware.pbs import paths

VARIABLES = {
    "HOME": "/home/gilda001",
    "PBS_O_WORKDIR": "/desk",
    "PBS_JOBID": "12[3].ce",
    "PBS_ARRAYID": "3",
    "MINE": "my",
}


@pytest.mark.parametrize(
    ("asked", "out", "err"),
    [
        ({}, "/desk/job.o12", "/desk/job.e12"),
        ({"Join_Path": "oe"}, "/desk/job.o12", "/desk/job.o12"),
        ({"Join_Path": "eo", "e": "x"}, "/desk/x", "/desk/x"),
        ({"o": "ce.sytes.net:/data/out", "e": "err"}, "/data/out", "/desk/err"),
        ({"o": "ce:out"}, "/home/gilda001/out", "/desk/job.e12"),
        ({"o": "/data/a:b"}, "/data/a:b", "/desk/job.e12"),
        ({"o": "/100%/"}, "/100%/job.o12", "/desk/job.e12"),
        ({"Keep_Files": "oe", "o": "/data/out"}, "/home/gilda001/job.o12", "/home/gilda001/job.e12"),
        ({"o": "$HOME/$PBS_JOBID.out"}, "/home/gilda001/12[3].ce.out", "/desk/job.e12"),
        ({"o": "a${MINE}b.$MINE.c", "e": "~/e"}, "/desk/amyb.my.c", "/home/gilda001/e"),
        ({"o": "$GONE/x", "e": "cost$"}, "/x", "/desk/cost$"),
    ],
)
def test_output_files(asked: dict[str, str], out: str, err: str) -> None:
    assert paths.outputs(asked, VARIABLES, "job", "12") == (out, err)


@pytest.mark.parametrize(
    ("asked", "out"),
    [
        ("", "/desk/job.o12-3"),
        ("log", "/desk/log-3"),
        ("log.$PBS_ARRAYID", "/desk/log.3"),
        ("$PBS_JOBID", "/desk/12[3].ce"),
        ("/dev/null", "/dev/null"),
    ],
)
def test_tasks_never_share_a_file(asked: str, out: str) -> None:
    assert paths.outputs({"o": asked}, VARIABLES, "job", "12", "3")[0] == out


def test_output_into_a_directory(tmp_path: Path) -> None:
    assert paths.outputs({"o": str(tmp_path)}, VARIABLES, "job", "12")[0] == f"{tmp_path}/job.o12"
