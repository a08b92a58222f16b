"""The probes of SAM, the monitoring of the time, as a job on a worker node."""

import re
from pathlib import Path

import pytest

from harness.actors.gridjobs import GridJobs
from harness.expect import expect
from harness.site import Site

SCRIPT = Path(__file__).with_name("sam.sh")
LATE = 300.0
"""Seconds for one job, with the queues full of other checks' jobs."""
PROBES = ("WN", "CAver", "Csh", "SoftVer", "VoTag", "Home", "Proxy", "Storage", "Rep")
WITH_BROKER = (*PROBES, "Bi")
REMEDIES = {
    "WN": "`./icebox restore wn /etc/hosts /etc/hostname`, if `hostname -f` there does not say its name",
    "CAver": "bring CA, signing policy and CRL of the WN up to date (CERT-2)",
    "Csh": "`./icebox restore wn /usr/bin/csh /usr/bin/bsd-csh /etc/alternatives`",
    "SoftVer": "`./icebox restore wn /etc/glite-version /etc/profile.d /opt`",
    "VoTag": "the CE publishes /opt/edg/var/info/<vo>/<vo>.list (CE-2)",
    "Home": "homes of pool accounts must be shared by CE and WN, and writable (WN-3)",
    "Proxy": "the job gets its proxy from the CE: /var/log/globus/gram_*.log there",
    "Storage": "the WN must reach the SE as students do (SE-2)",
    "Rep": "the WN must reach the catalogue and the SE (CAT-1)",
    "Bi": "the broker's wrapper must leave .BrokerInfo in the job's directory (WMS-1)",
}


@pytest.fixture
def jobs(jobs: GridJobs) -> GridJobs:
    """The student's place for jobs, with the probes in it."""
    jobs.student.put(f"{jobs.directory}/{SCRIPT.name}", SCRIPT.read_bytes(), 0o755)
    return jobs


@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "SAM-1",
    role="wn",
    title="the probes of SAM pass as a job on a worker node",
    learns="What every site was watched by: CA, csh, software, tags, home, proxy, storage and catalogue, all "
    "seen from within a job; through the broker the job knows its CE as well.",
    severity="critical",
)
@pytest.mark.parametrize("way", ["gatekeeper", "broker"])
def test_probes(jobs: GridJobs, site: Site, way: str) -> None:
    if way == "broker":
        _expect_all(_through_broker(jobs, site), WITH_BROKER)
    else:
        _expect_all(_through_gatekeeper(jobs, site), PROBES)


def _through_gatekeeper(jobs: GridJobs, site: Site) -> str:
    contact, queue = f"{site.ce.fqdn}:2119/jobmanager-pbs", site.queues[0].name
    script = f"{jobs.directory}/{SCRIPT.name}"
    ran = jobs.run(f"globus-job-run {contact} -q {queue} -s {script} {site.vo}", timeout=LATE)
    return ran.expect_success("check WN-4 tells more").stdout


def _through_broker(jobs: GridJobs, site: Site) -> str:
    chosen = f"{site.ce.fqdn}:2119/jobmanager-pbs-{site.queues[0].name}"
    jdl = f"""\
Executable = "{SCRIPT.name}";
Arguments = "{site.vo} {chosen}";
InputSandbox = {{"{jobs.directory}/{SCRIPT.name}"}};
StdOutput = "std.out";
StdError = "std.err";
OutputSandbox = {{"std.out", "std.err"}};
"""
    job = jobs.submit(jdl, "-r", chosen)
    jobs.succeed([job], seconds=LATE)
    return jobs.output(job)["std.out"]


def _expect_all(text: str, probes: tuple[str, ...]) -> None:
    told = dict(re.findall(r"^(\w+) ((?:OK|FAIL).*)$", text, re.MULTILINE))
    bad = {name: told.get(name, "was not run") for name in probes if not told.get(name, "").startswith("OK")}
    expect(
        not bad,
        f"{len(bad)} of {len(probes)} probes failed: {', '.join(bad)}",
        where="a job on a WN",
        why="\n".join(f"{name}: {words}" for name, words in bad.items()),
        remedy="; ".join(REMEDIES[name] for name in bad),
    )
