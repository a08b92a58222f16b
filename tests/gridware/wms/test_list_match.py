"""What list-match finds, and what becomes of it."""

from typing import Any


def test_list_match_writes_a_file_for_submit(ui: Any) -> None:
    ui.broker.matching = [("ce.example.org:2119/jobmanager-pbs-short", -1.0)]
    ui.run("glite-job-list-match", "-o", "ces", "hw.jdl")
    ui.run("glite-job-submit", "-i", "ces", "hw.jdl")
    assert 'SubmitTo = "ce.example.org:2119/jobmanager-pbs-short"' in ui.broker.sent[0].jdl


def test_list_match_of_many_jobs(ui: Any) -> None:
    """Those of a parametric job are alike; of a DAG or collection each node has its own."""
    ui.broker.matching = [("ce.example.org:2119/jobmanager-pbs-short", -1.0)]
    job = 'Executable = "/bin/echo"; Arguments = "_PARAM_";'
    ui.file("many.jdl", f'JobType = "Parametric"; Parameters = 3; {job}')
    assert "jobmanager-pbs-short" in ui.run("glite-wms-job-list-match", "-a", "many.jdl").out
    ui.file("nodes.jdl", f'Type = "Collection"; Nodes = {{ [ {job} ] }};')
    ran = ui.run("glite-wms-job-list-match", "-a", "nodes.jdl")
    assert (ran.code, "list-match each node's JDL by itself" in ran.err) == (1, True)


def test_the_listing_of_list_match_does_for_submit(ui: Any) -> None:
    ui.broker.matching = [("ce.example.org:2119/jobmanager-pbs-short", -1.0)]
    ui.run("glite-wms-job-list-match", "-a", "--rank", "-o", "ces", "hw.jdl")
    line = next(line for line in (ui.home / "ces").read_text().splitlines() if "2119" in line)
    assert line.split()[:2] == ["-", "ce.example.org:2119/jobmanager-pbs-short"]
    ui.run("glite-wms-job-submit", "-a", "--noint", "-i", "ces", "hw.jdl")
    assert 'SubmitTo = "ce.example.org:2119/jobmanager-pbs-short"' in ui.broker.sent[0].jdl
