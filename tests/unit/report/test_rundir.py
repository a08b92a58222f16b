"""Where results go, and what is never overwritten."""

from datetime import datetime
from pathlib import Path

import pytest

from harness.errors import HostError, InputError
from harness.report.rundir import RunDir

NOW = datetime(2026, 11, 22, 18, 40, 5)


def test_a_run_has_a_directory_named_by_its_time(tmp_path: Path):
    run = RunDir.create(tmp_path / "runs", now=NOW)
    assert run.path == tmp_path / "runs" / "2026-11-22T18-40-05"
    assert run.allure_results.is_dir()
    assert (tmp_path / "runs" / "latest").resolve() == run.path


def test_runs_of_one_second_do_not_share(tmp_path: Path):
    first, second = (RunDir.create(tmp_path, now=NOW) for _ in range(2))
    assert second.path.name == f"{first.path.name}-2"
    assert (tmp_path / "latest").resolve() == second.path


def test_elsewhere_is_made(tmp_path: Path):
    run = RunDir.create(tmp_path / "runs", elsewhere=tmp_path / "a" / "b")
    assert run.path == tmp_path / "a" / "b"
    assert run.allure_results.is_dir()
    assert not (tmp_path / "runs").exists()


def test_elsewhere_may_be_an_earlier_run(tmp_path: Path):
    run = RunDir.create(tmp_path, elsewhere=tmp_path / "out")
    run.verdict_json.write_text("{}")
    (run.allure_results / "old-result.json").write_text("{}")
    (run.path / "notes.txt").write_text("mine")
    again = RunDir.create(tmp_path, elsewhere=tmp_path / "out")
    assert not again.verdict_json.exists()
    assert list(again.allure_results.iterdir()) == []
    assert (run.path / "notes.txt").read_text() == "mine"


def test_a_foreign_directory_is_refused_and_untouched(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("years")
    (tmp_path / "allure-results").mkdir()
    with pytest.raises(InputError, match="not empty"):
        RunDir.create(tmp_path / "runs", elsewhere=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["allure-results", "thesis.tex"]


def test_a_file_is_refused(tmp_path: Path):
    file = tmp_path / "x"
    file.touch()
    with pytest.raises(InputError, match="not a directory"):
        RunDir.create(tmp_path, elsewhere=file)


def test_a_place_that_cannot_be_written_is_the_hosts_fault(tmp_path: Path):
    (tmp_path / "x").touch()
    with pytest.raises(HostError, match="cannot make"):
        RunDir.create(tmp_path / "x" / "runs")
