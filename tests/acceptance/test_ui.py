"""The user interface: what a student has, sees and can make there."""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address

import pytest

from harness.access.laptop import Laptop
from harness.access.shell import LOGIN, Shell
from harness.box.box import Box
from harness.command import CommandResult, reason, without_progress
from harness.errors import CheckFailed
from harness.expect import expect
from harness.grid.proxy import parse_info, parse_init
from harness.handout import papers
from harness.pki.names import host_dn, student_dn
from harness.services import registry
from harness.site import Site

SSH_PORT = 2222
HALF_A_DAY = 12 * 3600
KNOCKS = 'for n in {1..20}; do exec 3<>"/dev/tcp/$1/$2" && read -r -t 20 <&3 && exec 3>&-; done'
"""Comes to a port so often, reads who is there, and leaves without logging in."""
PRIVATE = "`./icebox restore ui /usr/bin/voms-proxy-init /usr/bin/voms-proxy-init2` makes it 600 itself"
VOMS = (
    f"{registry.VOMS.remedy}; `./icebox restore ui /etc/vomses`, if it contacts another port than RB's 15001"
)
MEMBER = (
    "members stand in table m of the VO's database on RB: `systemctl restart icebox-vo` there puts them back"
)
NO_PROXY_REMEDIES = (
    (
        r"VOMS Server for \S+ not known",
        "the UI lacks the VO in /etc/vomses: `./icebox restore ui /etc/vomses`",
    ),
    (r"AC issuer", "the UI lacks the server in vomsdir: `./icebox restore ui /etc/grid-security/vomsdir`"),
    (r"User unknown", MEMBER),
    (r"Parameters unset|No space left", LOGIN),
)
"""What to do by the words of voms-proxy-init; the first that fits."""
ROOM = (
    "for place in ~ /tmp; do file=`mktemp -p $place` && head -c 100000 /dev/zero > $file; e=$?; rm -f $file; "
)
ROOM += "[ $e = 0 ] || exit $e; done"
"""A file of the size of a proxy, some mails and a program, at home and in /tmp."""


@dataclass(frozen=True)
class Folder:
    """What a student is handed out, on a laptop; ``login`` is what is printed for it."""

    laptop: Shell | Laptop
    place: str
    login: str = "ssh -F config ui"

    def run(self, line: str) -> CommandResult:
        return self.laptop.run(f"cd {self.place} && {line}")


@pytest.fixture(params=["outside", pytest.param("laptop", marks=pytest.mark.laptop("ssh"))])
def folder(box: Box, request: pytest.FixtureRequest) -> Iterator[Folder]:
    """On a machine outside, by name; and on a laptop of the room, word for word as printed."""
    student, named = box.site.students[0], request.param == "laptop"
    laptop = request.getfixturevalue("laptop") if named else box.outside_as(student.login)
    made = Folder(laptop, laptop.run("umask 077; mktemp -d").check().stdout.strip())
    try:
        key = box.secrets.ssh_key(student.login).path.read_bytes()
        for name, content in papers.sheets_of(box)[0].files(key):
            laptop.put(f"{made.place}/{name}", content, 0o600)
        # Handouts have the name only where laptops know it by themselves.
        yield made if named else replace(made, login=f"{made.login} -o HostName={box.site.ui.fqdn}")
    finally:
        laptop.run(["rm", "-rf", made.place]).check()


@pytest.mark.needs("ssh@ui")
@pytest.mark.check(
    "UI-1",
    role="ui",
    title="a student logs in from outside and has a certificate",
    learns="The way every student takes on the first morning, with what is handed out: ssh to port "
    "2222, a home, a certificate.",
    severity="blocker",
)
def test_login(site: Site, public_address: IPv4Address, folder: Folder) -> None:
    student = site.students[0]

    def type_in(line: str) -> CommandResult:
        return folder.run(f"{folder.login} -o BatchMode=yes -o ConnectTimeout=60 {shlex.quote(line)}")

    # A class room comes from one address: what one of them does wrong shuts nobody else out.
    folder.run(f"bash -c {shlex.quote(KNOCKS)} bash {public_address} {SSH_PORT}").expect_success()
    came = type_in("hostname -f; id -un").expect_success(
        f"port {SSH_PORT} must lead to the UI (NET-4), its name to the box (DNS-1); "
        "`journalctl -u ssh` on the UI tells more"
    )
    # A node that has lost its name prints none.
    expect(
        came.stdout.split() == [site.ui.fqdn, student.login],
        f"the login is not {student.login}'s on {site.ui.fqdn}",
        why=came.output.strip(),
        remedy="`./icebox restore ui /etc/hostname`, then `hostname -F /etc/hostname` there; look at NET-4, "
        f"whether port {SSH_PORT} leads elsewhere",
    )
    room = type_in(ROOM)
    what = f"a student can't write at home or in /tmp: {reason(room.output)}"
    expect(room.ok, what, where=site.ui.name, remedy="make room on the UI: `df -h /home /tmp` there")
    listed = type_in("cd ~/.globus && stat -c '%n %a:%U' . usercert.pem userkey.pem")
    modes, owner = dict(line.split(" ", 1) for line in listed.stdout.splitlines()), student.login
    expect(
        modes == {".": f"700:{owner}", "usercert.pem": f"644:{owner}", "userkey.pem": f"400:{owner}"},
        f"modes and owners in ~/.globus are {modes}",
        where=listed.where,
        why=listed.stderr,
        remedy="chmod 700 ~/.globus; chmod 644 usercert.pem; chmod 400 userkey.pem; all owned by the student",
    )
    valid = type_in("openssl x509 -in ~/.globus/usercert.pem -noout -checkend 0 -enddate")
    remedy = "make the box's certificates anew: ./icebox stop --destroy, then start"
    expect(valid.ok, "the student's certificate has expired", why=valid.output, remedy=remedy)
    of_certificate = type_in("openssl x509 -in ~/.globus/usercert.pem -noout -pubkey").stdout
    of_key = type_in("openssl pkey -in ~/.globus/userkey.pem -pubout").stdout
    expect(
        of_certificate and of_certificate == of_key,
        "usercert.pem and userkey.pem do not belong together",
        where=listed.where,
        remedy=f"copy both from the same backup, or {remedy}",
    )


@pytest.mark.needs("voms")
@pytest.mark.check(
    "UI-2",
    role="ui",
    title="voms-proxy-init gives a proxy with the VO's attributes",
    learns="The VO server knows the student: the proxy says who this is, and that the VO vouches for it.",
    severity="blocker",
)
def test_voms_proxy(student_without_proxy: Callable[[str], Shell], site: Site) -> None:
    student = student_without_proxy("ui2")
    started = datetime.strptime(
        student.run("date '+%F %T'").expect_success(LOGIN).stdout.strip(), "%Y-%m-%d %H:%M:%S"
    )
    ran = student.run(f"voms-proxy-init -voms {site.vo}")
    why = reason(ran.output)
    none = f"{why} (the student got no proxy)" if why else "the student got no proxy"
    expect(ran.ok, none, where=ran.where, why=without_progress(ran.output), remedy=_for(ran.output))
    made = parse_init(ran.output)
    expect(made.contacts and made.contacts[-1].done, "no VOMS server answered", why=str(made), remedy=VOMS)
    expect(
        made.until - started > timedelta(seconds=HALF_A_DAY - 300),
        f"the proxy made at {started} is valid until {made.until} only",
        remedy="the student's certificate ends too soon (CERT-1), or the clock of the UI is wrong (TIME-1)",
    )
    proxy = parse_info(student.run("voms-proxy-info --all").expect_success(VOMS).stdout)
    me = student_dn(site.students[0].common_name)
    expect(proxy.identity == me, f"the proxy is {proxy.identity}'s, not {me}'s", remedy="look at ~/.globus")
    extension = proxy.of(site.vo)
    if extension is None:
        raise CheckFailed(f"the proxy carries no attributes of {site.vo}", remedy=VOMS)
    expect(
        f"/{site.vo}/Role=NULL/Capability=NULL" in extension.fqans,
        f"the VO gave {', '.join(extension.fqans) or 'no attributes'}",
        remedy=MEMBER,
    )
    expect(
        extension.issuer == host_dn(site.rb.fqdn) and extension.subject == me,
        f"the attributes are {extension.subject}'s by {extension.issuer}",
        remedy=VOMS,
    )
    expect(
        min(proxy.seconds_left, extension.seconds_left) > HALF_A_DAY - 600,
        f"the proxy has {proxy.seconds_left} s left, its attributes {extension.seconds_left} s",
        remedy=VOMS,
    )
    _expect_arc_agrees(student, site, me)
    mode = student.host.file(student.environment["X509_USER_PROXY"]).mode
    expect(mode == 0o600, f"others may read the proxy: its mode is {mode:o}", remedy=PRIVATE)


def _for(output: str) -> str:
    """What to do where there is no proxy."""
    return next((what for words, what in NO_PROXY_REMEDIES if re.search(words, output)), VOMS)


def _expect_arc_agrees(student: Shell, site: Site, me: str) -> None:
    """What ARC's client, written by others, reads in the same attributes."""
    told = student.run("arcproxy -I").expect_success(VOMS)
    _, _, extension = told.stdout.partition(f"AC extension information for VO {site.vo}")
    lines = [line.split(":", 1)[-1].strip() for line in extension.splitlines()]
    expect(
        {me, f"/{site.vo}"} <= set(lines),
        f"arcproxy does not read the attributes of {site.vo} as {me}'s",
        where=told.where,
        why=told.output,
        remedy="`./icebox restore rb /etc/voms`, then `systemctl restart voms@VO` there",
    )
