"""Security: whom the services must refuse, and what one student must not see or do to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.access.shell import Shell
from harness.box.box import Box
from harness.checks.marks import SEC_1, SEC_2
from harness.command import CommandResult
from harness.grid import handshake
from harness.grid.account import PoolAccount
from harness.grid.errors import expect
from harness.grid.gram import parse_submit
from harness.grid.refusal import SERVICES, Flaw, Service, expect_reason
from harness.grid.storage import gsiftp
from harness.grid.unwelcome import Unwelcome
from harness.site import Role, Site

HANDSHAKE = Path(handshake.__file__).read_text()
CURRENT = "CRL, CA directory and VO members of that node must be current (CERT-2), its clock right (TIME-1)"
WORD = "only-for-me"
"""What one student keeps from the other."""
XROOTD = "XRD_CONNECTIONRETRY=1 XRD_CONNECTIONWINDOW=30"
"""By themselves its clients try a dead server for ten minutes."""
SEARCH = """\
words=$(mktemp) && cat > $words
find / /home /run /tmp /dev/shm -xdev '(' -path /usr -o -path /proc -o -path /sys ')' -prune -o \
    -type f -readable ! -user $(id -u) -size -2048k -print0 2>/dev/null |
    xargs -0 -r sh -c 'grep -slF -f "$0" "$@"; grep -slE "BEGIN [A-Z ]*PRIVATE KEY" "$@"' $words
rm $words
"""
"""Files of others that an account can read and that hold a private key, or a word from standard input."""


@pytest.fixture(scope="session")
def unwelcome(box: Box) -> Iterator[Unwelcome]:
    """Each unwanted credential in the first student's hands, with a proxy of it if one can be made."""
    made = Unwelcome.lay_out(box)
    yield made
    made.remove()


@SEC_1
@pytest.mark.parametrize(
    ("service", "flaw"),
    [
        pytest.param(service, flaw, id=f"{service.name}, {flaw}")
        for service in SERVICES
        for flaw in service.refusals
    ],
)
def test_refused(student: Shell, unwelcome: Unwelcome, site: Site, service: Service, flaw: Flaw) -> None:
    line, host = service.line(site), service.node(site).fqdn
    # voms-proxy-init writes the proxy that it is told of; each try gets a fresh one.
    fresh = f"{unwelcome.directory}/fresh" if service.name == "VOMS" else ""
    # A service that lets nobody in refuses nothing: a member must get in by the same words.
    allowed = student.run(f"X509_USER_PROXY={fresh} {line}; e=$?; rm -f {fresh}; exit $e" if fresh else line)
    allowed.expect_success(f"{service.name} lets no member in: mend that first (UI-2, CE-1, SE-1)")
    credential = unwelcome.making(flaw, fresh) if fresh else unwelcome.using(flaw)
    tried = unwelcome.shell.run(f"{credential} {line}")
    expect(
        not tried.ok,
        f"{service.name} lets in what it must refuse: {flaw}",
        where=host,
        why=tried.output.strip(),
        remedy=CURRENT,
    )
    expect_reason(f"{service.name} refused ({flaw})", service.refusals[flaw], tried.output, host)
    if flaw in service.verdicts:
        _expect_verdict(unwelcome, service, flaw, host)


def _expect_verdict(unwelcome: Unwelcome, service: Service, flaw: Flaw, host: str) -> None:
    """Show the certificate past all checks of the client: the server itself must refuse it."""

    def show(certificate: str, key: str) -> str:
        line = f"python3 - {service.kind} {host} {service.port} {certificate} {key}"
        return unwelcome.shell.run(line, stdin=HANDSHAKE).check().stdout.strip()

    good = show("~/.globus/usercert.pem", "~/.globus/userkey.pem")
    expect(good == handshake.ACCEPTED, "a good certificate is refused as well", where=host, why=good)
    answer = show(*unwelcome.files(flaw))
    expect(
        answer != handshake.ACCEPTED,
        f"port {service.port} takes a certificate from a client that does not look at it: {flaw}",
        where=host,
        remedy=CURRENT,
    )
    expect_reason(f"the server itself refused ({flaw})", service.verdicts[flaw], answer, host)


@dataclass(frozen=True)
class Two:
    """Two students: one has something, the other must not get at it."""

    box: Box
    owner: Shell
    other: Shell
    name: str
    """For files; no other check uses it."""

    @property
    def site(self) -> Site:
        return self.box.site

    def on_ce(self, student: Shell, line: str) -> str:
        """What a command prints on the CE, under the student's pool account."""
        ran = student.run(f"globus-job-run {self.site.ce.fqdn} {line}")
        return ran.expect_success("check CE-1 tells more").output.strip()

    @property
    def remote_io(self) -> str:
        return f"root://{self.site.se.fqdn}:3147"

    def account(self) -> str:
        """The owner's pool account."""
        return self.on_ce(self.owner, "/usr/bin/id -un")


def _expect_denied(ran: CommandResult, what: str, remedy: str, words: str = "Permission denied") -> None:
    expect(not ran.ok and WORD not in ran.stdout, what, where=ran.where, why=ran.output, remedy=remedy)
    expect_reason(f"`{ran.command}` was refused", words, ran.output, ran.where)


def proxy_and_home_on_the_ui(two: Two) -> None:
    home, proxy = f"/home/{two.owner.account.user}", two.owner.environment["X509_USER_PROXY"]
    for command, path in (("ls", home), ("cat", f"{home}/.globus/userkey.pem"), ("cat", proxy)):
        two.owner.run(f"ls -d {path}").check()
        remedy = f"chmod go= {path} on the UI"
        _expect_denied(two.other.run(f"{command} {path}"), f"another student can read {path}", remedy)


def root_and_keys_of_the_ui(two: Two) -> None:
    key = f"/tmp/{two.name}-key"
    for path in ("/etc/shadow", "/etc/ssh/ssh_host_ed25519_key"):
        _expect_denied(two.other.run(f"cat {path}"), f"a student can read {path}", f"chmod 600 {path}")
    became = two.other.run("su -c id root </dev/null || sudo -n id")
    expect(not became.ok, "a student can become root on the UI", remedy="give root no password; remove sudo")
    two.other.run(f"ssh-keygen -q -t ed25519 -N '' -f {key}").check()
    ssh = f"ssh -i {key} -o BatchMode=yes -o ConnectTimeout=3 -o StrictHostKeyChecking=no"
    try:
        for host in (str(two.site.bridge.address), two.site.ce.name):
            tried = two.other.run(f"{ssh} -o UserKnownHostsFile=/dev/null root@{host} true")
            expect(not tried.ok, f"any key opens root's ssh on {host}", remedy="empty authorized_keys there")
    finally:
        two.other.run(f"rm -f {key}*").check()


def output_and_home_on_the_ce(two: Two) -> None:
    home = f"/home/{two.account()}"
    seen = two.on_ce(two.other, f"/bin/ls {home}")
    shut = "Permission denied" in seen
    expect(shut, f"another student can list {home}", why=seen, remedy=f"chmod 700 {home} on the CE")
    submitted = two.owner.run(f"globus-job-submit {two.site.ce.fqdn} /bin/echo {WORD}")
    contact = parse_submit(submitted.expect_success("check CE-1 tells more").stdout).url
    try:
        for command in ("globus-job-get-output", "globus-job-cancel -force"):
            tried = two.other.run(f"{command} {contact}")
            what = f"another student gets at a job by {command.split()[0]}"
            expect(not tried.ok and WORD not in tried.output, what, why=tried.output, remedy="look at CE-1")
    finally:
        two.owner.run(f"globus-job-clean -force {contact}")


def jobs_in_the_queue(two: Two) -> None:
    account = PoolAccount(two.box.shell(two.site.ce), two.account())
    queue = two.site.queues[0].name
    job = account.submit("sleep 60", f"-q {queue} -h -N {two.name[:15]}")  # held: it takes no slot
    try:
        said = two.on_ce(two.other, f"/usr/bin/qdel {job}")
        expect(
            not account.jobs()[job.number].done,
            f"another student could delete job {job}",
            where=two.site.ce.name,
            why=said,
            remedy="slurm.conf must use AuthType=auth/munge, and no pool account may be its operator",
        )
        keys = "/etc/munge/munge.key /etc/grid-security/hostkey.pem"
        seen = two.on_ce(two.other, f"/bin/cat {keys}")
        shut = seen.count("Permission denied") == 2
        expect(shut, f"a job can read one of {keys}", where=two.site.ce.name, remedy=f"chmod 400 {keys}")
    finally:
        account.run(f"qdel {job}")


def files_on_the_se(two: Two) -> None:
    se, local = two.site.se.fqdn, f"/tmp/{two.name}"
    path = f"{two.site.storage}/{two.name}"
    stored = gsiftp(se, path)
    home = f"/home/{two.account()}/{two.name}"
    private = gsiftp(se, home)
    put = f"globus-url-copy file://{local}"
    filled = two.owner.run(f"umask 022; echo {WORD} > {local}; {put} {stored} && {put} {private}")
    filled.expect_success("check SE-2 tells more")
    try:
        read = two.other.run(f"globus-url-copy {private} file:///dev/stdout")
        _expect_denied(read, f"another student can read {home} on the SE", "chmod 700 the homes on the SE")
        remedy = f"{two.site.storage} on the SE must belong to root, be sticky (3775), and files be 644"
        for line, words in (
            (f"edg-gridftp-rm {stored}", "Operation not permitted"),
            (f"globus-url-copy file:///etc/hostname {stored}", "Permission denied"),
            (f"edg-gridftp-rename {stored} {stored}-mine", "Operation not permitted"),
        ):
            _expect_denied(two.other.run(line), "another student can change what is stored", remedy, words)
        _expect_shut_to_remote_io(two, path)
    finally:
        two.owner.run(f"rm -f {local}; edg-gridftp-rm {stored}; edg-gridftp-rm {private}")


def remote_io_on_the_se(two: Two) -> None:
    """What one stores by remote I/O, others may read, and nothing else, whichever way they come."""
    path, local = f"{two.site.storage}/{two.owner.account.user}/{two.name}", f"/tmp/{two.name}-remote"
    url, stored = f"{two.remote_io}/{path}", gsiftp(two.site.se.fqdn, path)
    put = f"{XROOTD} xrdcp -f -s {local} {url}"
    two.owner.run(f"echo {WORD} > {local}; {put} && {put}").expect_success("check SE-2 tells more")
    try:
        read = two.other.run(f"{XROOTD} xrdcp -s {url} -").expect_success("look at authdb on the SE")
        expect(read.stdout.strip() == WORD, "another member can't read what is stored", why=read.output)
        _expect_shut_to_remote_io(two, path)
        remedy = f"{path} must belong to xrootd, mode 644, its directory 755"
        for line in (f"edg-gridftp-rm {stored}", f"globus-url-copy file:///etc/hostname {stored}"):
            _expect_denied(two.other.run(line), "another student can change what is stored", remedy)
    finally:
        removed = two.owner.run(f"rm -f {local}; {XROOTD} xrdfs {two.remote_io} rm {path}")
    removed.expect_success("the owner must be able to remove it: look at authdb on the SE")


def _expect_shut_to_remote_io(two: Two, path: str) -> None:
    """The other student can do nothing to a file, or beside it, by remote I/O."""
    say = f"{XROOTD} xrdfs {two.remote_io}"
    for line in (
        f"{say} rm {path}",
        f"{say} mv {path} {path}-mine",
        f"{say} truncate {path} 0",
        f"{say} chmod {path} rwxrwxrwx",
        f"{XROOTD} xrdcp -f /etc/hostname {two.remote_io}/{path}",
        f"{XROOTD} xrdcp /etc/hostname {two.remote_io}/{path}-beside",
    ):
        remedy = "authdb on the SE must let a member write in no directory but his own"
        what = "another student can change what is stored, by remote I/O"
        _expect_denied(two.other.run(line), what, remedy, "permission denied")


def keys_and_passwords_on_every_node(two: Two) -> None:
    """Whatever an ordinary account can read, whoever owns it, holds no private key and no password."""
    secrets = "\n".join(two.box.secrets.values.values())
    for node in two.site.nodes:
        user = _ordinary_account(two, node.role)
        typed = ["runuser", "-u", user, "--", "sh", "-c", SEARCH]
        found = two.box.shell(node).run(typed, stdin=secrets).check()
        paths = sorted(set(found.stdout.split()))
        expect(
            not paths,
            f"{user} can read keys or passwords in {', '.join(paths)}",
            where=node.name,
            remedy=f"chmod 600 {' '.join(paths)} on {node.name}",
        )


def command_lines_on_every_node(two: Two) -> None:
    """ps shows everyone's command lines to everyone."""
    for node in two.site.nodes:
        user = _ordinary_account(two, node.role)
        listed = two.box.shell(node).run(["runuser", "-u", user, "--", "ps", "axww", "-o", "args"]).check()
        shown = [name for name, secret in two.box.secrets.values.items() if secret in listed.stdout]
        expect(
            not shown,
            f"ps shows {', '.join(shown)} on a command line",
            where=node.name,
            remedy="pass secrets by files that only the service can read",
        )


def _ordinary_account(two: Two, role: Role) -> str:
    if role is Role.UI:
        return two.other.account.user
    return "nobody" if role is Role.RB else f"{two.site.vo}050"


ATTEMPTS: tuple[Callable[[Two], None], ...] = (
    proxy_and_home_on_the_ui,
    root_and_keys_of_the_ui,
    output_and_home_on_the_ce,
    jobs_in_the_queue,
    files_on_the_se,
    remote_io_on_the_se,
    keys_and_passwords_on_every_node,
    command_lines_on_every_node,
)


@SEC_2
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.__name__.replace("_", " "))
def test_private(
    box: Box, student: Shell, other_student: Shell, worker: str, attempt: Callable[[Two], None]
) -> None:
    attempt(Two(box, student, other_student, f"sec2-{worker}"))
