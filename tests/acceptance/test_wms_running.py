"""A job that runs: what it has written so far, and what the broker knows of it, also as JSON."""

import json
from typing import Any

import pytest

from harness.actors.gridjobs import BROKER, LATE, GridJobs, script
from harness.expect import expect, in_seconds
from harness.grid.errors import UnexpectedOutput
from harness.grid.jobs import JobState
from harness.site import Site

WORD = "so far so good"
RUNNING = 900
"""Seconds that the job would run, so that it does while it is looked at."""
INTERVAL = 5
"""Seconds between two looks of the job at its own files: the least there is."""
PERUSAL = "see `journalctl -u icebox-wms` on RB, to whose door the job sends it; check WMS-1 tells more"


def _answer(jobs: GridJobs, line: str) -> dict[str, Any]:
    """What a command says in JSON, and in nothing else."""
    typed = jobs.run(line).expect_success(BROKER)
    try:
        answer = json.loads(typed.stdout)
    except ValueError:
        raise UnexpectedOutput(f"`{line}` to answer in JSON", typed.output, BROKER) from None
    if not isinstance(answer, dict) or answer.get("result") != "success":
        raise UnexpectedOutput(f"`{line}` to succeed", typed.output, BROKER)
    return answer


@pytest.mark.early
@pytest.mark.needs("broker")
@pytest.mark.check(
    "WMS-9",
    role="wms",
    title="a running job is looked into, and told of in JSON",
    learns="A long job need not be a black box: what it has written so far can be read while it runs, and "
    "programs can read what the commands say.",
)
def test_looked_into(jobs: GridJobs, site: Site) -> None:
    perusal = (f"PerusalFileEnable = true;\nPerusalTimeInterval = {INTERVAL};",)
    name = jobs.write("long.jdl", script(f"echo {WORD}; sleep {RUNNING}", *perusal))
    job = jobs.run(f"glite-wms-job-submit -a --nomsg {name}").expect_success(BROKER).stdout.strip()
    jobs.ids.append(job)
    jobs.run(f"glite-wms-job-perusal --set -f std.out {job}").expect_success(PERUSAL)

    def seen() -> bool:
        line = f"glite-wms-job-perusal --get --all --nodisplay --dir so-far -f std.out {job}"
        got = jobs.run(f"rm -rf so-far && {line} >&2 && {{ cat so-far/std.out* || true; }}")
        return got.expect_success(PERUSAL).stdout == f"{WORD}\n"

    in_seconds("what a running job has written", seen, seconds=LATE, where=site.rb.fqdn, remedy=PERUSAL)
    told = _answer(jobs, f"glite-wms-job-status --json {job}").get(job, {})
    destination = str(told.get("Destination", "")).partition(":")[0]
    expect(
        told.get("Current Status") == JobState.RUNNING and destination in [ce.fqdn for ce in site.ces],
        "the job that wrote it must be told of as Running at the CE",
        where=site.rb.fqdn,
        why=repr(told),
        remedy=BROKER,
    )
    jdl = jobs.run(f"glite-wms-job-info --jdl {job}").expect_success(BROKER).stdout
    expect(
        f'edg_jobid = "{job}"' in jdl and f"PerusalTimeInterval = {INTERVAL}" in jdl,
        "glite-wms-job-info must show the JDL that was registered",
        where=site.rb.fqdn,
        why=jdl,
        remedy=BROKER,
    )
