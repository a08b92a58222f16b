"""Which jobs the status commands tell of."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gridware.wms.test_layouts import fake

Id = Callable[[int], str]


def test_a_status_of_several_is_one_question(ui: Any, job: Id) -> None:
    asked: list[list[str]] = []
    real = ui.broker.status
    ui.monkeypatch.setattr(ui.broker, "status", lambda ids: (asked.append(ids), real(ids))[1])
    for number in (1, 2):
        ui.broker.jobs[job(number)] = fake(job(number))
    assert ui.run("glite-job-status", job(1), job(2)).out.count("Status info") == 2
    assert asked == [[job(1), job(2)]]
    assert ui.run("glite-job-status", job(3)).code == 1
    assert asked[1:] == [[job(3)]]


def test_status_all_and_filters(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(
        job(1), attributes={"Jdl": """[ UserTags = [ run = "7"; n = 2; type = 'a test' ] ]"""}
    )
    ui.broker.jobs[job(2)] = fake(job(2), state="Running", submitted=1163158184.0)
    ui.broker.jobs[job(3)] = fake(job(3), parent=job(2))

    def found(*arguments: str) -> list[int]:
        out = ui.run("glite-job-status", *arguments).out
        return [number for number in (1, 2, 3) if f"Job : {job(number)}" in out]

    assert found("--all") == [1, 2]
    nothing = ui.run("glite-job-status", "--all", "-s", "Aborted")
    assert ("No job fits" in nothing.out, nothing.code) == (True, 1)
    ids = [job(1), job(2)]
    for way in ([], ["--all"], ids):  # a choice is enough, and it holds for ids as well
        assert found("--status", "running", *way) == [2]
        assert found("-s", "5", "-s", "Done", "--nonodes", *way) == [1, 2]
        assert found("--exclude", "Running", "--nonodes", *way) == [1]
        assert found("--from", "11:10:00:00:06", *way) == [2]
        assert found("--to", "11:10:00:00:2006", "--nonodes", *way) == [1]
        assert found("--user-tag", "run=7", *way) == [1]
        assert found("--user-tag", "type=a test", *way) == [1]
        assert found("--user-tag", "RUN=7", "--user-tag", "n=2", *way) == [1]
        assert found("--user-tag", "run=7", "--user-tag", "n=3", *way) == []
    assert ui.run("glite-job-status").code == 1


def test_a_node_that_fits_is_told_without_its_parent(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), state="Running", children=[job(2), job(3)])
    ui.broker.jobs[job(2)] = fake(job(2), parent=job(1), attributes={"Jdl": '[ UserTags = [ n = "2" ] ]'})
    ui.broker.jobs[job(3)] = fake(job(3), parent=job(1), state="Running")
    out = ui.run("glite-job-status", "--user-tag", "n=2").out
    assert [f"Job : {job(number)}" in out for number in (1, 2, 3)] == [False, True, False]
    out = ui.run("glite-job-status", "-s", "Running").out
    assert [out.count(f"Job : {job(number)}") for number in (1, 2, 3)] == [1, 1, 1]
    assert "No job fits" in ui.run("glite-job-status", "-s", "Done", "--nonodes").out


@pytest.mark.parametrize("level", ["0", "1"])
def test_nodes_are_told_at_every_verbosity(ui: Any, job: Id, level: str) -> None:
    ui.broker.jobs[job(1)] = fake(job(1), children=[job(2)])
    ui.broker.jobs[job(2)] = fake(job(2), parent=job(1))
    assert f"    Status info for the Job : {job(2)}" in ui.run("glite-job-status", "-v", level, job(1)).out


@pytest.mark.parametrize("command", ["glite-job-status", "glite-wms-job-logging-info"])
def test_times_and_tags_that_make_no_sense(ui: Any, job: Id, command: str) -> None:
    for wrong in (["--from", "25:00"], ["--user-tag", "=x"], ["--user-tag", "x"]):
        assert ui.run(command, *wrong, job(1)).code == 1
    twice = ui.run(command, "--user-tag", "a=1", "--user-tag", "a=2", job(1)).err
    assert "a can't have two values" in twice


def test_status_to_a_file(ui: Any, job: Id) -> None:
    ui.broker.jobs[job(1)] = fake(job(1))
    ui.run("glite-job-status", "-o", "status", job(1))
    assert "Current Status:     Done (Success)" in (ui.home / "status").read_text()
