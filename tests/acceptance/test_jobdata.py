"""Jobs and their data: the broker asks the catalogue; the worker node reads from the SE and stores there."""

import re
from collections.abc import Callable

import pytest

from harness.access.shell import Shell
from harness.actors.cataloguearea import CATALOGUE, CatalogueArea
from harness.actors.gridjobs import BROKER, GridJobs, hello, script
from harness.expect import expect
from harness.grid.catalogue import parse_replicas
from harness.grid.infosites import parse_ce
from harness.grid.jobs import JobState
from harness.site import Site

TEXT = "Hello, catalogue"
"""What the area's files hold."""
INFO = "the job's .BrokerInfo must name its files: " + BROKER
CLOSE = "compare `lcg-infosites --vo VO closeSE` with where `lcg-lr` says the file is; then " + BROKER


@pytest.mark.needs("broker", "catalogue", "gridftp")
@pytest.mark.check(
    "WMS-8",
    role="wms",
    title="a job is sent to where its data is, and reads it",
    learns="Students name a file, not a place: the broker finds its replicas and a CE close to them, the job "
    "learns there where to read, and what it stores is registered.",
    severity="critical",
)
def test_data(
    jobs: GridJobs, catalogue_area: Callable[[Shell], CatalogueArea], student: Shell, site: Site
) -> None:
    mine = catalogue_area(student)
    mine.store("in.txt")
    (surl,) = parse_replicas(mine.do(f"lcg-lr --vo {site.vo} {mine.lfn('in.txt')}"))
    _expect_close_ones(jobs, mine, surl)
    job = jobs.submit(_reader(mine))
    missing = jobs.submit(hello("no data", *_wants(mine.lfn("nothing.txt"))))
    jobs.succeed([job])
    files = jobs.output(job)
    expect(
        files["std.out"].splitlines() == [mine.lfn("in.txt"), surl, TEXT],
        "the job did not read its file as the broker told it to",
        where=site.wns[0].name,
        why=f"{files['std.out']}{files['std.err']}",
        remedy=INFO,
    )
    _expect_stored(mine, files)
    _expect_unknown(jobs, missing, mine.lfn("nothing.txt"))


def _wants(lfn: str, protocol: str = "gsiftp") -> tuple[str, str]:
    return f'InputData = {{"{lfn}"}};', f'DataAccessProtocol = {{"{protocol}"}};'


def _reader(mine: CatalogueArea) -> str:
    """A job that finds its file by what the broker told it, fetches it, and leaves a result behind.

    It always ends well: what it says tells more than its exit code.
    """
    lfn, vo = mine.lfn("in.txt"), mine.site.vo
    found = f"glite-brokerinfo getInputData; s=`glite-brokerinfo getLFN2SFN {lfn}`; echo $s"
    line = f"{found}; lcg-cp --vo {vo} $s file:$PWD/in.txt && cat in.txt; cp in.txt result; true"
    stored = f'OutputData = {{ [ OutputFile = "result"; LogicalFileName = "{mine.lfn("result")}"; ] }};'
    return script(line, *_wants(lfn), stored)


def _expect_close_ones(jobs: GridJobs, mine: CatalogueArea, surl: str) -> None:
    """The queues close to the file's SE fit, and no others; none does by a protocol that nobody offers."""
    se = surl.split("/")[2]
    told = mine.do(f"lcg-infosites --vo {mine.site.vo} closeSE")
    close = {block[0] for block in _blocks(told) if se in block[1:]}
    known = {str(row.ce) for row in parse_ce(mine.do(f"lcg-infosites --vo {mine.site.vo} ce"))}
    matched = {str(match.ce) for match in jobs.match(hello("", *_wants(mine.lfn("in.txt"))))}
    expect(
        bool(matched) and matched == close & known,
        f"{len(matched)} CE(s) fit a job whose file is on {se}, but {len(close & known)} are close to it",
        where=jobs.rb,
        why=" ".join(sorted(matched ^ (close & known))),
        remedy=CLOSE,
    )
    others = jobs.match(hello("", *_wants(mine.lfn("in.txt"), "rfio")))
    expect(not others, "a CE fits a job that reads its file by a protocol that no SE offers", remedy=CLOSE)


def _blocks(text: str) -> list[list[str]]:
    """Each CE of ``lcg-infosites closeSE`` with its close SEs behind it."""
    return [
        [line.removeprefix("Name of the CE:").strip() for line in block.splitlines()]
        for block in text.strip().split("\n\n")
    ]


def _expect_stored(mine: CatalogueArea, files: dict[str, str]) -> None:
    """The job's result is in the catalogue, and the report that came with the output says so."""
    report = next((files[name] for name in files if re.fullmatch(r"DSUpload_[\w-]{22}\.out", name)), "")
    told = dict(line.split(maxsplit=1) for line in report.splitlines() if line and not line.startswith("#"))
    expect(
        told == {"result": mine.lfn("result")},
        "the report of OutputData does not say that the result was registered",
        where=mine.site.wns[0].name,
        why=report or f"only {', '.join(files)} came back",
        remedy=f"see CAT-1 and SAM-1, for what keeps lcg-cr in a job from it; {CATALOGUE}",
    )
    mine.do(f"lcg-cp --vo {mine.site.vo} {mine.lfn('result')} file:{mine.file('result')}")
    fetched = mine.do(f"cat {mine.file('result')}")
    expect(fetched == TEXT, "what the job stored is not what it read", why=repr(fetched), remedy=CATALOGUE)


def _expect_unknown(jobs: GridJobs, job: str, lfn: str) -> None:
    """A file that is not in the catalogue is named, before a job is sent and after."""
    jobs.write("unknown.jdl", hello("no data", *_wants(lfn)))
    why = jobs.refused("glite-job-list-match unknown.jdl", ["NS_LIST_JOB_MATCH_FAIL"], CATALOGUE)
    ended = jobs.wait([job])[job]
    for text, what in ((why, "glite-job-list-match"), (ended.reason, "the reason of the job")):
        expect(
            lfn in text and "No such file or directory" in text,
            f"{what} does not say that {lfn} is unknown",
            where=jobs.rb,
            why=text,
            remedy=CATALOGUE,
        )
    expect(
        ended.state is JobState.ABORTED,
        f"a job whose file is unknown is {ended.state}, not Aborted",
        where=jobs.rb,
        remedy=BROKER,
    )
