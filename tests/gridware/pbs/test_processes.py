"""The processes of a job, in a /proc of files."""

from pathlib import Path

import pytest

from gridware.pbs import processes

STAT = "{pid} (sleep) S 1 {pid} {session} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 {virtual} 9 0\n"


def put(root: Path, pid: int, environment: bytes, *, session: int = 1, virtual: int = 4096) -> Path:
    place = root / str(pid)
    place.mkdir()
    (place / "stat").write_text(STAT.format(pid=pid, session=session, virtual=virtual))
    (place / "environ").write_bytes(environment)
    return place


def found(root: Path) -> set[int]:
    return {process.pid for process in processes.of_job(70, "12.ce", str(root))}


def test_a_job_has_its_session_and_its_daemons(tmp_path: Path) -> None:
    put(tmp_path, 71, b"", session=70)
    put(tmp_path, 72, b"HOME=/\0PBS_JOBID=12.ce\0")
    put(tmp_path, 73, b"PBS_JOBID=13.ce\0")
    put(tmp_path, 74, b"", virtual=0)
    assert found(tmp_path) == {71, 72}


def test_one_that_is_becoming_another_program_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process in the middle of execve(2) shows no environment, and was taken for nobody's."""
    place = put(tmp_path, 71, b"")
    monkeypatch.setattr(
        processes.time, "sleep", lambda _: (place / "environ").write_bytes(b"PBS_JOBID=12.ce\0")
    )
    assert found(tmp_path) == {71}
