"""The user guide of the original, typed line by line in its order.

One person follows it from ``adduser`` to the last copy; the guide writes the CE's name in some lines where it
means the SE, and a person who types these must read which host is meant.
"""

import re
from collections.abc import Iterator

import pytest

from fixtures.checks import block
from harness.access.shell import Shell
from harness.actors.gridjobs import BROKER, LATE, LOST
from harness.actors.guide import Person
from harness.actors.poolaccount import SCHEDULER_REMEDY
from harness.box.box import Box
from harness.command import CommandResult
from harness.expect import eventually, expect, in_seconds
from harness.grid.catalogue import parse_guid
from harness.grid.infosites import parse_ce, parse_se
from harness.grid.jobs import parse_output, parse_status, parse_submit
from harness.grid.storage import gsiftp
from harness.site import Site

pytestmark = pytest.mark.together("guide")

ACCOUNT = "`./icebox restore ui /usr/local/sbin /etc/skel`; see on the UI what `adduser NAME` says"
FORGOTTEN = 153
"""qstat's exit code for a job that ended minutes ago: it is unknown."""
ELSEWHERE = "on UI and WN the commands look up the SEs in the top BDII (LCG_GFAL_INFOSYS) where they fail"
STORAGE = "`systemd-tmpfiles --create` on the SE gives /storage its group and mode; SE-1 tells more"


@pytest.fixture(scope="session")
def person(box: Box, site: Site, ui: Shell, ce: Shell) -> Iterator[Person]:
    """Who follows the guide, with the key that opens the student's account, where the certificate is."""
    made = Person(ui, ce, site)
    yield made
    made.leave()


@pytest.fixture(scope="session")
def ready(person: Person, box: Box) -> Person:
    """The same with account, certificate and proxy, as GUIDE-1 has made them."""
    if not person.type("voms-proxy-info -exists").ok:
        block("GUIDE-1", "who follows the guide has no proxy")
    return person


@pytest.mark.needs("voms", "gatekeeper", "bdii", "gridftp")
@pytest.mark.check(
    "GUIDE-1",
    role="guide",
    title="adduser, certificate, proxy, lcg-infosites: as the guide has it",
    learns="A trainer with the original's hand-out makes an account, and what it sees of the grid is there.",
    severity="critical",
)
def test_guide_account(person: Person, box: Box, ui: Shell, site: Site) -> None:
    lines = person.lines
    ui.run(lines.adduser).expect_success(ACCOUNT)
    _give_key(person, box, ui)
    # The guide copies from wherever the person has the certificate.
    person.type("scp -pr home:~/.globus ~").expect_success(ACCOUNT)
    person.type(lines.proxy).expect_success("check UI-2 tells more")
    ce = parse_ce(person.type(lines.infosites("ce")).expect_success("check UI-3 tells more").stdout)
    se = parse_se(person.type(lines.infosites("se")).expect_success("check UI-3 tells more").stdout)
    expect(
        site.ce.fqdn in {row.ce.host for row in ce}, f"`{lines.infosites('ce')}` lacks the CE", why=str(ce)
    )
    expect(site.se.fqdn in {row.se for row in se}, f"`{lines.infosites('se')}` lacks the SE", why=str(se))


def _give_key(person: Person, box: Box, ui: Shell) -> None:
    """``home`` is the student's account, where the certificate lies; the person has its key beforehand."""
    student = box.site.students[0]
    place = f"{person.home}/.ssh"
    ui.run(f"install -d -m 700 {place}").check()
    ui.put(f"{place}/key", box.secrets.ssh_key(student.login).path.read_bytes(), 0o600)
    ui.put(f"{place}/known", f"home {box.secrets.ssh_key(f'host-{box.site.ui.name}').public}\n".encode())
    words = f"HostName 127.0.0.1\nHostKeyAlias home\nUser {student.login}\nIdentityFile {place}/key\n"
    ui.put(f"{place}/config", f"Host home\n{words}UserKnownHostsFile {place}/known\nBatchMode yes\n".encode())
    ui.run(f"chown -R {person.lines.person}: {place}").check()


@pytest.mark.needs("gatekeeper", "bdii")
@pytest.mark.check(
    "GUIDE-2",
    role="guide",
    title="the CE runs a command and says what it is",
    learns="globus-job-run and ldapsearch as printed, and ldapsearch -h -p as in other hand-outs.",
)
def test_guide_ce(ready: Person, site: Site) -> None:
    lines = ready.lines
    ran = ready.type(lines.fork, timeout=LATE).expect_success("check CE-1 tells more")
    expect(ran.stdout == f"{site.ce.fqdn}\n", f"`{ran.command}` printed {ran.stdout!r}")
    for line in (lines.search, lines.search_by_host):
        found = ready.type(line).expect_success("check CE-2 tells more").stdout
        ids = re.findall(r"^GlueCEUniqueID: (\S+)", found, re.MULTILINE)
        wanted = {
            f"{site.ce.fqdn}:{site.public_port(site.ce, 2119)}/jobmanager-pbs-{q.name}" for q in site.queues
        }
        expect(
            set(ids) == wanted,
            f"`{line}` shows the queues {sorted(set(ids))}",
            remedy="check CE-2 tells more",
        )


@pytest.mark.needs("gatekeeper", "slurmctld", "slurmd")
@pytest.mark.check(
    "GUIDE-3",
    role="guide",
    title="qsub -I, qsub -q short, and the same queue through the grid",
    learns="The batch system from the CE, where one becomes a pool account by su, and from the UI.",
)
def test_guide_wn(ready: Person, site: Site, box: Box) -> None:
    wns = {node.fqdn for node in box.site.wns_of(site.ce)}
    lines, pool = ready.lines, ready.pool
    shown = pool.on_terminal(lines.interactive, typed="echo on=$(hostname -f)\nexit\n", timeout=LATE)
    on = re.search(r"^on=(\S+)\r?$", shown.expect_success(SCHEDULER_REMEDY).stdout, re.MULTILINE)
    expect(
        on and on[1] in wns, "`qsub -I` opened no shell on a WN", why=shown.stdout, remedy=SCHEDULER_REMEDY
    )
    ready.job = pool.run(lines.queued).expect_success(SCHEDULER_REMEDY).stdout.strip()
    ran = ready.type(lines.batch, timeout=LATE).expect_success("check WN-4 tells more")
    expect(
        ran.stdout.strip() in wns, f"`{ran.command}` ran on {ran.stdout!r}", remedy="check WN-4 tells more"
    )
    text = eventually(
        f"the output of `{lines.queued}`",
        lambda: pool.run(f"cat {ready.output}").stdout.strip(),
        seconds=LATE,
        remedy=SCHEDULER_REMEDY,
    )
    expect(
        text in {name.partition(".")[0] for name in wns} | wns,
        f"{ready.output} holds {text!r}, no WN's name",
    )


@pytest.mark.needs("gatekeeper", "bdii", "slurmctld", "slurmd", "broker")
@pytest.mark.check(
    "GUIDE-4",
    role="guide",
    title="glite-job-submit -r with the CE's name alone; hw.jdl comes back",
    learns="The name of the host is enough: the broker takes the best queue there.",
)
def test_guide_job(ready: Person, ui: Shell, site: Site) -> None:
    lines = ready.lines
    ui.put(f"{ready.home}/hw.jdl", lines.jdl.encode())
    job = parse_submit(ready.type(lines.submit).expect_success(BROKER).stdout)

    def ended() -> bool:
        status = parse_status(ready.type(f"glite-job-status {job}").expect_success(BROKER).stdout)[job]
        expect(
            not status.state.ended or status.succeeded, "hw.jdl failed", where=site.rb.fqdn, why=str(status)
        )
        if not status.succeeded:
            return False
        host = status.destination.partition(":")[0]
        expect(host == site.ce.fqdn, f"hw.jdl went to {status.destination}, not to {site.ce.fqdn}")
        return True

    in_seconds("hw.jdl to end", ended, seconds=LATE, where=site.rb.fqdn, remedy=BROKER)
    place = parse_output(ready.type(f"glite-job-output {job}").expect_success(BROKER).stdout)
    said = ready.type(f"cat {place}/hw.out; rm -rf {place}").stdout
    expect(said == "Hello World\n", f"hw.out holds {said!r}", where=site.rb.fqdn, remedy=LOST)


@pytest.mark.needs("gridftp", "bdii")
@pytest.mark.check(
    "GUIDE-5",
    role="guide",
    title="the SE is listed, mydir made, myfile copied",
    learns="Members may write below /storage; who takes the CE for the SE, as the guide does, is told.",
)
def test_guide_se(ready: Person, site: Site, se: Shell) -> None:
    lines, host = ready.lines, site.se.fqdn
    made, kept = f"/storage/{lines.mydir}", se.host.file(f"/storage/{lines.mydir}").exists
    try:
        for typed in (lines.listed, lines.made, lines.copied):
            _expect_told(ready.type(typed(site.ce.fqdn)), site)
            if not kept:
                ready.type(typed(host)).expect_success(STORAGE)
        if not kept:
            ready.type(
                f"globus-url-copy {gsiftp(host, f'{made}/{lines.myfile}')} file:$HOME/back"
            ).expect_success(STORAGE)
            expect(ready.type("cmp back /bin/hostname").ok, "myfile came back changed", where=site.se.name)
    finally:
        if not kept:
            se.run(["rm", "-rf", made])


@pytest.mark.needs("gridftp", "bdii", "catalogue")
@pytest.mark.check(
    "GUIDE-6",
    role="guide",
    title="lcg-cr is told of the directory first, then gives the file its name",
    learns="What lcg-cr refuses, as the original did, it says how to mend: lfc-mkdir -p, and the SE's name.",
)
def test_guide_catalogue(ready: Person, site: Site) -> None:
    lines = ready.lines
    top = f"/grid/{site.vo}/{lines.person}"
    away = f"lcg-del --vo {site.vo} -a lfn:{top}/testfile; lfc-rm -r -f {top}"
    ready.type(f"lfc-ls {top} && {{ {away}; }}")  # of a run that was killed
    _expect_told(ready.type(lines.registered(site.ce.fqdn)), site)
    refused = ready.type(lines.registered(site.se.fqdn))
    mend = f"lfc-mkdir -p {top}"
    expect(
        not refused.ok
        and "\nlcg_cr: No such file or directory\n" in refused.stderr
        and mend in refused.stderr,
        f"lcg-cr must say that the directory is missing, and `{mend}`",
        why=refused.output,
    )
    try:
        ready.type(mend).expect_success("check CAT-1 tells more")
        guid = parse_guid(
            ready.type(lines.registered(site.se.fqdn)).expect_success("CAT-1 tells more").stdout
        )
        listed = ready.type(f"lcg-lg --vo {site.vo} lfn:{top}/testfile").stdout
        expect(
            listed.strip() == f"guid:{guid.removeprefix('guid:')}", f"lcg-lg says {listed!r}, lcg-cr {guid}"
        )
    finally:
        ready.type(away)


@pytest.mark.needs("slurmctld", "slurmd")
@pytest.mark.check(
    "GUIDE-7",
    role="guide",
    title="the batch job that sleeps for 20 seconds has ended by itself",
    learns="What qsub -q short was given in GUIDE-3 ends with 0, while the guide goes on.",
)
def test_guide_job_ended(ready: Person) -> None:
    if not ready.job:
        block("GUIDE-3", "no job was sent")
    line = f"qstat -f -1 {ready.job}"

    def ended() -> CommandResult | None:
        shown = ready.pool.run(line)
        over = "\n    job_state = C\n" in shown.stdout or shown.exit_code == FORGOTTEN
        return shown if over else None

    shown = eventually(f"job {ready.job} to end", ended, seconds=LATE, pause=2, remedy=SCHEDULER_REMEDY)
    expect(
        shown.exit_code == FORGOTTEN or "\n    exit_status = 0\n" in shown.stdout,
        f"`{ready.lines.queued}` did not end with 0",
        where=ready.pool.root.name,
        why=shown.output,
        remedy="WN-3 tells more",
    )


def _expect_told(ran: CommandResult, site: Site) -> None:
    """Refused, and the person reads that the CE is no SE, and which host is."""
    told = re.search(rf"^{re.escape(site.ce.fqdn)} is no storage element.*$", ran.stderr, re.MULTILINE)
    expect(
        not ran.ok and told and all(se.fqdn in told[0] for se in site.ses),
        f"`{ran.command}` must say that {site.ce.fqdn} is no SE, and which host is",
        where=ran.where,
        why=ran.output,
        remedy=ELSEWHERE,
    )
