"""The broker with many jobs at once: compound jobs, and a burst of single ones."""

import pytest

from harness.actors.executioncount import ExecutionCount
from harness.actors.gridjobs import BROKER, LATE, LOST, GridJobs, expect_said, hello, said, script
from harness.expect import expect
from harness.site import Site

BURST = 50
BURST_LATE = 900.0
"""Seconds for a burst, on a busy machine whose queues other checks fill as well."""


@pytest.mark.early
@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-4",
    role="wms",
    title="parametric jobs, collections and DAGs run as they say",
    learns="One JDL stands for many jobs; a DAG's run in their order, and each one's output comes back.",
)
def test_compound_jobs(jobs: GridJobs, site: Site) -> None:
    parametric = jobs.submit(
        hello(
            "number _PARAM_",
            'JobType = "Parametric";',
            "Parameters = 7;",
            "ParameterStart = 1;",
            "ParameterStep = 2;",
        )
    )
    collection = jobs.submit(f'Type = "Collection";\nNodes = {{ [ {hello("one")} ],\n[ {hello("two")} ] }};')
    stamp = script("date +%s.%N; sleep 1; date +%s.%N")
    dag = jobs.submit(
        f'Type = "dag";\nNodes = [ a = [ {stamp} ]; b = [ {stamp} ]; c = [ {stamp} ] ];\n'
        "Dependencies = { { {a, b}, c } };"
    )
    jobs.succeed([parametric, collection, dag], seconds=2 * LATE)
    expect_said(jobs.output(parametric), ["number 1", "number 3", "number 5"], site.rb.fqdn)
    expect_said(jobs.output(collection), ["one", "two"], site.rb.fqdn)
    times = {
        path.split("/")[0]: list(map(float, text.split())) for path, text in said(jobs.output(dag)).items()
    }
    expect(
        set(times) == {"a", "b", "c"} and times["c"][0] >= max(times["a"][1], times["b"][1]),
        "node c of the DAG must start after a and b have ended",
        where=site.rb.fqdn,
        why=repr(times),
        remedy=BROKER,
    )


@pytest.mark.early
@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-5",
    role="wms",
    title="a burst of 50 jobs: each runs once, and all come back",
    learns="A whole class may submit at the same moment; no job is lost, none runs twice.",
)
def test_burst(jobs: GridJobs, site: Site, executions: ExecutionCount) -> None:
    jobs.submit_all([executions.jdl(number) for number in range(BURST)], seconds=BURST_LATE)
    jobs.succeed(jobs.ids, seconds=BURST_LATE)
    numbers = sorted(said(jobs.outputs(jobs.ids, seconds=BURST_LATE)).values())
    expect(
        numbers == sorted(map(str, range(BURST))),
        f"{len(set(numbers))} of {BURST} different outputs came back",
        where=site.rb.fqdn,
        why=" ".join(numbers),
        remedy=LOST,
    )
    executions.expect_each_once(BURST)
