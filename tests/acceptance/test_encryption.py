"""Security: what somebody could read on the network who may listen there."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.cataloguearea import CatalogueArea
from harness.actors.gridjobs import GridJobs
from harness.actors.whisper import CONTROL, Whisper
from harness.box.box import Box
from harness.checks import secrecy, together
from harness.checks.marks import SEC_3
from harness.checks.resting import rest_on
from harness.checks.showing import OWN, show
from harness.errors import HarnessError
from harness.expect import expect, expect_none
from harness.grid.gram import parse_submit
from harness.probes import handshake, sshoffer
from harness.probes.capture import listening
from harness.services.health import Health
from harness.services.registry import SERVICES, SLURMCTLD, SLURMD
from harness.services.service import Service
from harness.site import Node, Role, Site

DOORS = tuple(service for service in SERVICES if service.secure)
"""Services that speak TLS."""
TRIES = 3
"""Captures, if the kernel has no room for all packets of a busy box."""
REFUSED = ("HANDSHAKE_FAILURE", "no shared cipher")
"""TLS's alert where client and server know no cipher in common, and GridFTP's words for it."""


@SEC_3
@pytest.mark.early
@pytest.mark.needs(
    "gatekeeper", "slurmctld", "slurmd", "gridftp", "voms", "myproxy", "broker", "catalogue", "bdii"
)
def test_capture(
    box: Box,
    student: Shell,
    outside_student: Shell,
    jobs: GridJobs,
    catalogue_area: Callable[[Shell], CatalogueArea],
) -> None:
    corners = [catalogue_area(student), catalogue_area(outside_student)]
    for _ in range(TRIES):
        word = f"sec3{secrets.token_hex(8)}"
        inside, outside = (Whisper(each.shell, box.site, jobs, each, word) for each in corners)
        with listening(box.dom0, word) as capture:
            inside.ask_openly()
            together.all_of(*inside.all, outside.gram)
            outside.ask_openly()
        if not capture.lost:
            break
    else:
        raise HarnessError(
            f"{capture.lost} of {capture.packets} packets were not looked at",
            where=box.dom0.name,
            remedy="the machine is too busy: run SEC-3 alone",
        )
    open_to = {each.target for each in capture.heard if each.tail == f".{CONTROL}"}
    # From the UI to RB, and from outside: what passes there is heard.
    wanted = {str(box.site.rb.address), str(box.public_address)}
    if not wanted <= open_to:
        raise HarnessError(
            "the capture does not hear what is said in clear",
            where=box.dom0.name,
            why=f"a question in clear was heard on its way to {', '.join(sorted(open_to)) or 'nobody'}",
        )
    expect_none(
        list(secrecy.spoken(capture.heard, box.site)),
        "on the box's network others can read what a student says",
        where=box.dom0.name,
        remedy="the port tells the service; look at box/parts/encryption and docs/security.md",
    )


def _expect_hiding(student: Shell, name: str, kind: str, host: str, port: int) -> None:
    """The door takes a member's handshake, and no suite without encryption or without a certificate."""
    offers = {"eNULL": "without encryption", "aNULL": "without a certificate"}
    good, *answers = show(student, kind, host, port, [OWN, *((*OWN, ciphers) for ciphers in offers)])
    expect(good == handshake.ACCEPTED, f"{name}: a member's handshake is refused", where=host, why=good)
    for what, said in zip(offers.values(), answers, strict=True):
        expect(
            any(words in said for words in REFUSED),
            f"{name} does not refuse a connection {what}",
            where=f"{host}, port {port}",
            why=said,
            remedy="look at box/parts/encryption, and at the ciphers in the service's own settings",
        )


@SEC_3
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.title.removesuffix(" server"))
def test_doors(student: Shell, site: Site, health: Health, door: Service) -> None:
    rest_on(health.broken(door.name))
    node = site.of(door.roles[0])[0]
    for port in door.ports:
        _expect_hiding(student, door.title, door.kind, node.fqdn, site.public_port(node, port))


@SEC_3
@pytest.mark.needs("slurmctld", "slurmd")
def test_batch_system(student: Shell, site: Site) -> None:
    """It takes nothing beside its tunnel."""

    def let_in(node: Node) -> Iterator[str]:
        port = (SLURMD if node.role is Role.WN else SLURMCTLD).port
        if student.run(f"timeout {student.longer(1):g} bash -c '</dev/tcp/{node.address}/{port}'").ok:
            yield f"{node}, port {port}"

    expect_none(
        together.problems((*site.ces, *site.wns), let_in),
        "the batch system takes a connection in clear",
        where=student.name,
        remedy="on that node: `systemctl restart icebox-batch-rules`",
    )


@SEC_3
@pytest.mark.needs("gatekeeper")
def test_job_manager(student: Shell, site: Site, end_job: str) -> None:
    """It has a port of its own, as long as a job is there."""
    submitted = student.run(f"globus-job-submit {site.ce.fqdn} /bin/sleep 120")
    contact = parse_submit(submitted.expect_success("check CE-1 tells more").stdout)
    try:
        host, _, port = contact.url.split("/")[2].partition(":")
        _expect_hiding(student, "the job manager", "tls", host, int(port))
    finally:
        student.run(f"{end_job} {contact.url}")


@SEC_3
def test_own_server(student: Shell, site: Site) -> None:
    """What a student offers by GASS to jobs is not in clear either."""
    with _gass_server(student) as port:
        _expect_hiding(student, "globus-gass-server", "tls", site.ui.fqdn, port)


@contextmanager
def _gass_server(student: Shell) -> Iterator[int]:
    """A student's own server on the UI; its port."""
    place = student.run("mktemp -d").expect_success(LOGIN).stdout.strip()
    # Its first line is its URL. The fifo opens when it has said it, or has died.
    server = f"timeout {student.longer(120):g} globus-gass-server -r"
    start = f"cd {place} && mkfifo said && ({server} >said 2>&1 & echo $! >pid) && head -n 1 said"
    try:
        said = student.run(start).expect_success(LOGIN).stdout
        expect(":" in said, "globus-gass-server does not start on the UI", where=student.name, why=said)
        yield int(said.strip().rpartition(":")[2].strip("/"))
    finally:
        student.run(f"kill $(cat {place}/pid); rm -rf {place}")


@SEC_3
def test_ssh(box: Box) -> None:
    """No node's sshd offers what ssh-audit warns of."""

    def faults(node: Node) -> Iterator[str]:
        with box.dom0.open_socket(str(node.address), 22) as connection:
            offer = sshoffer.read(connection)
        assert offer.macs, f"{node}: sshd offers no MAC at all"
        yield from (f"{node}: {fault}" for fault in offer.faults())

    remedy = "on each: `./icebox restore NODE /etc/ssh/sshd_config.d`, then `systemctl restart ssh` there"
    expect_none(together.problems(box.site.nodes, faults), "ssh offers weak algorithms", remedy=remedy)
