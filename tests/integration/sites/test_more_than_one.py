"""A site of two CEs and two SEs, each with its own ports: jobs have a choice, and files a second home."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.access.shell import Shell
from harness.actors.gridjobs import GridJobs, hello, script
from harness.box.box import Box
from harness.checks import service, together
from harness.expect import NotYet, eventually, expect, expect_none
from harness.grid.infosites import parse_ce
from harness.site import Node
from harness.state import checkout
from tests.integration.sites.replication import (
    CATALOGUE,
    SLOW,
    Place,
    Replication,
    destination,
    host,
    without_gridftp,
)
from tests.integration.sites.twosite import (
    GATEKEEPER,
    GRIDFTP,
    PUBLISHED,
    infosites,
    names,
    queues,
    queues_of,
    url,
    with_proxy,
)

ACCEPTANCE = Path(__file__).parents[2] / "acceptance"
SESSION = 600.0
"""Seconds a session of one check may take on a busy machine."""
SWEEPER = "on the second SE: `journalctl -u icebox-sweeper`"
PORTS = "compare the derived rows with docs/site-file.md, Several CEs and SEs; `nft list ruleset` on the dom0"
SWEEP = "systemctl reset-failed icebox-sweeper.service; systemctl start icebox-sweeper.service"
"""The first part lets it be started as often as one likes."""


def test_a_torn_replication_leaves_no_entry(torn: Replication) -> None:
    # The first, since its file is swept away while the others run: the last test waits for that.
    torn.place.expect_only_first("lcg-rep lost the second SE")


def test_each_ce_counts_its_own_wns(pupil: Shell, two: Box) -> None:
    site = two.site
    wanted = {queue: site.slots * len(site.wns_of(ce)) for ce in site.ces for queue in queues_of(site, ce)}

    def counted() -> bool:
        seen = {row.ce: row.total for row in parse_ce(infosites(pupil, site, "ce"))}
        if seen != wanted:
            raise NotYet(", ".join(f"{ce}: {total} CPUs" for ce, total in seen.items()))
        return True

    eventually("lcg-infosites to count the CPUs of each CE", counted, where=site.rb.name, remedy=PUBLISHED)


def test_every_se_is_close_to_every_ce(pupil: Shell, two: Box) -> None:
    blocks = infosites(pupil, two.site, "closeSE").strip().split("\n\n")
    seen = {lines[0]: set(map(str.strip, lines[1:])) for lines in map(str.splitlines, blocks)}
    wanted = {f"Name of the CE: {queue}": names(two.site.ses) for queue in queues(two.site)}
    expect(seen == wanted, "closeSE does not give both SEs for each queue", why=repr(seen), remedy=PUBLISHED)


def test_further_ces_and_ses_have_ports_of_their_own(two: Box) -> None:
    site = two.site
    for nodes, port in ((site.ces, GATEKEEPER), (site.ses, GRIDFTP)):
        ports = [site.public_port(node, port) for node in nodes]
        expect(ports == [port, port + 100], f"the public ports of {nodes} are {ports}", remedy=PORTS)


def test_list_match_offers_both_ces(jobs: GridJobs, two: Box) -> None:
    def both() -> bool:
        found = {match.ce for match in jobs.match(hello())}
        if found != queues(two.site):
            raise NotYet(", ".join(sorted(map(str, found))))
        return True

    eventually("list-match to offer the queues of both CEs", both, where=two.site.rb.name, remedy=PUBLISHED)


@pytest.mark.parametrize("number", [1, 2])
def test_requirements_choose_the_ce(jobs: GridJobs, two: Box, number: int) -> None:
    site = two.site
    ce, queue = site.ces[number - 1], site.queues[0].name
    wanted = next(each for each in queues_of(site, ce) if each.queue == queue)
    job = jobs.submit(script("hostname -f", f'Requirements = other.GlueCEUniqueID == "{wanted}";'))
    done = jobs.succeed([job])[job]
    expect(
        done.destination == str(wanted),
        f"the job went to {done.destination or 'nowhere'}, not to {wanted}",
        where=site.rb.name,
    )
    ran = jobs.output(job)["std.out"].strip()
    wns = names(site.wns_of(ce))
    expect(ran in wns, f"the job for {ce} ran on {ran!r}, which is none of its WNs", why=", ".join(wns))


def test_the_check_of_replication_passes(pupil: Shell, two: Box, tmp_path: Path) -> None:
    """CAT-7 is collected on this site, and only on such; it is run as anybody runs it."""
    results = tmp_path / "run"
    command = [sys.executable, "-m", "pytest", str(ACCEPTANCE / "test_catalogue_replicas.py"), "-n0", "-q"]
    ran = subprocess.run(
        [*command, "--box", two.name, "--run-dir", str(results)],
        cwd=checkout(),
        capture_output=True,
        text=True,
        timeout=SESSION,
    )
    assert ran.returncode == pytest.ExitCode.OK, ran.stdout + ran.stderr
    ids = [check["id"] for check in json.loads((results / "verdict.json").read_text())["checks"]]
    assert set(ids) == {"CAT-7"}, f"checks that were run: {ids}"


def test_an_interrupted_replication_leaves_nothing(place: Place, two: Box) -> None:
    replication = Replication.under_way(place, two)
    replication.interrupt()
    replication.expect_failure("it was interrupted")
    place.expect_only_first("lcg-rep was interrupted")
    expect(
        not replication.file_is_there(),
        f"an interrupted lcg-rep left {replication.path}",
        where=replication.second.name,
        remedy=CATALOGUE,
    )


def test_a_replication_to_a_stopped_se_leaves_nothing(place: Place, two: Box) -> None:
    place.create()
    second = two.site.ses[1]
    with without_gridftp(two, second):
        failed = place.type(place.replicate)
        expect(not failed.ok, "lcg-rep succeeds although GridFTP is stopped", why=failed.output)
        place.expect_only_first("lcg-rep found no GridFTP server")
    path = destination(failed.output)
    expect(
        not (path and two.shell(second).run(["test", "-e", path]).ok),
        "lcg-rep left a file on an SE whose GridFTP was stopped",
        where=second.name,
        why=failed.output,
    )
    again = "lcg-rep to succeed once GridFTP is back"
    eventually(
        again, lambda: place.type(place.replicate).ok, seconds=SLOW, where=second.name, remedy=CATALOGUE
    )
    expect(len(place.replicas()) == 2, "lcg-rep succeeded and lcg-lr does not show it", remedy=CATALOGUE)


@pytest.mark.parametrize("direction", ["there", "back"])
def test_ses_send_to_each_other(place: Place, two: Box, direction: str) -> None:
    site = two.site
    path = f"{site.storage}/third-party-{direction}"
    source, target = site.ses if direction == "there" else reversed(site.ses)
    place.do("head -c 1000000 /dev/urandom > data")
    for origin, goal in (
        ("file://$PWD/data", url(site, source, path)),
        (url(site, source, path), url(site, target, path)),
        (url(site, target, path), "file://$PWD/back"),
    ):
        place.do(f"globus-url-copy {origin} {goal}")
    place.expect_same("back", f"what {source} sent to {target}")


def test_a_file_comes_out_through_the_derived_ports(two: Box) -> None:
    laptop = with_proxy(two.outside_as(two.site.students[0].login), two.site.vo)
    site, place = two.site, Place.new(laptop, two.site)
    place.create()
    place.do(place.replicate)
    surl = next((each for each in place.replicas() if host(each) == site.ses[1].fqdn), "")
    expect(surl, "lcg-rep at a laptop outside made no replica on the second SE", remedy=CATALOGUE)
    place.do(f"lcg-cp --vo {site.vo} {surl} file:$PWD/back")
    place.expect_same("back", f"lcg-cp outside from {surl}")


def test_a_job_comes_in_through_the_derived_ports(two: Box) -> None:
    laptop, site = with_proxy(two.outside_as(two.site.students[0].login), two.site.vo), two.site
    ce = site.ces[1]
    contact = f"{ce.fqdn}:{site.public_port(ce, GATEKEEPER)}"
    ran = laptop.run(f"globus-job-run {contact} /bin/hostname", timeout=SLOW).expect_success(PORTS)
    expect(ran.stdout.strip() == ce.fqdn, f"a job for {contact} ran on {ran.stdout.strip()}", remedy=PORTS)


def test_every_derived_port_leads_to_its_node(two: Box) -> None:
    site = two.site
    entrances = service.entrances(two)

    def of(nodes: tuple[Node, ...], index: int) -> list[service.Entrance]:
        return [each for each in entrances if each.node == nodes[index]]

    further = [*of(site.ces, 1), *of(site.ses, 1)]
    expect(
        len(further) == len(of(site.ces, 0)) + len(of(site.ses, 0)),
        "the second CE and SE have not as many rows as the first",
        why="\n       ".join(str(each.row) for each in entrances),
        remedy=PORTS,
    )
    expect_none(
        together.problems(further, service.Entrance.faults),
        "not every derived port leads to its service",
        remedy=PORTS,
    )


def test_what_a_torn_replication_left_is_swept_away(torn: Replication) -> None:
    """Its intent is dead a minute after the client gave it up; the sweeper need not wait for its timer."""

    def swept() -> bool:
        torn.second.run(SWEEP).check()
        return not torn.file_is_there()

    eventually(f"{torn.path} to be swept away", swept, seconds=SLOW, where=torn.second.name, remedy=SWEEPER)
    torn.place.expect_only_first("the sweeper was there")
