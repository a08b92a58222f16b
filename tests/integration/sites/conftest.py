"""One box of two CEs and two SEs for all the tests here, and a student in it."""

from collections.abc import Iterator

import pytest

from harness.access.shell import Shell
from harness.actors.gridjobs import GridJobs
from harness.box.box import Box
from harness.expect import NotYet, eventually
from harness.grid.infosites import parse_ce, parse_se
from tests.integration.boxes import standing
from tests.integration.sites.replication import Place, Replication, without_gridftp
from tests.integration.sites.twosite import PUBLISHED, infosites, names, queues, site_of_two, with_proxy


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The box; whatever becomes of the tests, nothing of it is left."""
    with standing(site_of_two(tmp_path_factory.mktemp("two")), "two") as box:
        yield box


@pytest.fixture(scope="module")
def pupil(two: Box) -> Shell:
    """A student on the UI, once the top BDII has heard of every CE and SE."""
    shell, site = with_proxy(two.student(two.site.students[0]), two.site.vo), two.site

    def all_there() -> bool:
        ces = {row.ce for row in parse_ce(infosites(shell, site, "ce"))}
        ses = {row.se for row in parse_se(infosites(shell, site, "se"))}
        if ces != queues(site) or ses != names(site.ses):
            raise NotYet(f"CEs {sorted(map(str, ces))}, SEs {sorted(ses)}")
        return True

    eventually("lcg-infosites to show both CEs and both SEs", all_there, where=site.rb.name, remedy=PUBLISHED)
    return shell


@pytest.fixture
def jobs(pupil: Shell, two: Box) -> Iterator[GridJobs]:
    """The student's jobs, in a directory of their own."""
    directory = pupil.run("mktemp -d $HOME/jobs-XXXXXX").check().stdout.strip()
    made = GridJobs(pupil, directory, two.site.rb.fqdn)
    yield made
    made.end()


@pytest.fixture
def place(pupil: Shell, two: Box) -> Place:
    """A place of the test's own, which goes with the box."""
    return Place.new(pupil, two.site)


@pytest.fixture(scope="module")
def torn(pupil: Shell, two: Box) -> Replication:
    """A replication whose SE lost its GridFTP server on the way: the client can't clean up there."""
    replication = Replication.under_way(Place.new(pupil, two.site), two)
    with without_gridftp(two, two.site.ses[1]):
        replication.expect_failure("the second SE's GridFTP server was stopped")
    return replication
