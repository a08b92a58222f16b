"""Security: what one student must not see of another, or do to him.

Each attempt is made by the owner, too, or in a way that works: what fails for another reason proves nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.poolaccount import PoolAccount
from harness.actors.studentpair import WORD, StudentPair, expect_denied
from harness.box.box import Box
from harness.checks.marks import SEC_2
from harness.expect import expect, expect_reason
from harness.grid.gram import parse_submit
from harness.grid.storage import gsiftp
from harness.probes import gramquery

GRAM_QUERY = Path(gramquery.__file__).read_text()


def proxy_and_home_on_the_ui(two: StudentPair) -> None:
    home, proxy = f"/home/{two.owner.account.user}", two.owner.environment["X509_USER_PROXY"]
    for command, path in (("ls", home), ("cat", f"{home}/.globus/userkey.pem"), ("cat", proxy)):
        two.owner.run(f"ls -d {path}").expect_success(LOGIN)
        remedy = f"chmod go= {path} on the UI"
        expect_denied(two.other.run(f"{command} {path}"), f"another student can read {path}", remedy)


def root_and_keys_of_the_ui(two: StudentPair) -> None:
    key = f"/tmp/{two.name}-key"
    for path in ("/etc/shadow", "/etc/ssh/ssh_host_ed25519_key"):
        expect_denied(two.other.run(f"cat {path}"), f"a student can read {path}", f"chmod 600 {path}")
    become = "su -c 'id -u' root </dev/null"
    two.box.shell(two.site.ui).run(become).check(
        "see `journalctl -t su` on the UI: what fails for root as well shows nothing"
    )
    remedy = "`usermod -p '*' root` there; `rm $(command -v sudo)`, if there is one"
    became = two.other.run(become)
    expect_denied(became, "a student can become root on the UI", remedy, "Authentication failure")
    expect(not two.other.run("sudo -n id").ok, "a student can become root by sudo", remedy=remedy)
    _expect_no_root_by_ssh(two, key)


def _expect_no_root_by_ssh(two: StudentPair, key: str) -> None:
    """A key of one's own opens one's own account, and root's nowhere."""
    allowed = "~/.ssh/authorized_keys2"  # sshd reads it as well, and nothing else uses it
    two.other.run(f"ssh-keygen -q -t ed25519 -N '' -f {key} && cp {key}.pub {allowed}").expect_success(LOGIN)
    ssh = f"ssh -i {key} -o BatchMode=yes -o ConnectTimeout=3 -o StrictHostKeyChecking=no"
    ssh += " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    try:
        own = two.other.run(f"{ssh} {two.site.ui.name} id -un").check(
            "see `journalctl -u ssh` on the UI, why one's own key fails"
        )
        assert own.stdout.strip() == two.other.account.user
        for node in two.site.nodes:
            tried = two.other.run(f"{ssh} root@{node.name} true")
            what = f"any key opens root's ssh on {node.name}"
            remedy = f"`./icebox restore {node.name} /etc/ssh /root/.ssh`, then `systemctl restart ssh` there"
            expect_denied(tried, what, remedy, r"Permission denied \(publickey\)")
        dom0 = two.other.run(f"{ssh} root@{two.site.bridge.address} true")
        what = "a student gets at the dom0's ssh"
        remedy = "see `nft list ruleset` on the dom0, which has to drop it; ./icebox stop and start lay it"
        expect_denied(dom0, what, remedy, r"timed out|Permission denied \(publickey|refused")
    finally:
        two.other.run(f"rm -f {key}* {allowed}").expect_success(LOGIN)


def output_and_home_on_the_ce(two: StudentPair) -> None:
    home = f"/home/{two.accounts()[0]}"
    two.on_ce(two.owner, f"/bin/ls -d {home}/.")
    seen = two.on_ce(two.other, f"/bin/ls -d {home}/.")
    shut = "Permission denied" in seen
    expect(shut, f"another student can list {home}", why=seen, remedy=f"chmod 700 {home} on the CE")
    # It has said what it has to say, and is still there to be cancelled.
    long = f"/bin/sh -c 'echo {WORD}; exec sleep 120'"
    submitted = two.owner.run(f"globus-job-submit {two.site.ce.fqdn} {long}")
    contact = parse_submit(submitted.expect_success("check CE-1 tells more").stdout).url
    try:
        for command in ("globus-job-get-output", "globus-job-cancel -force"):
            tried = two.other.run(f"{command} {contact}")
            what = f"another student gets at a job by {command.split()[0]}"
            expect(not tried.ok and WORD not in tried.output, what, why=tried.output, remedy="look at CE-1")
        for question in ("status", "cancel"):
            _expect_answer_to_owner_only(two, contact, question)
    finally:
        two.owner.run(f"globus-job-clean -force {contact}")


def _expect_answer_to_owner_only(two: StudentPair, contact: str, question: str) -> None:
    """The job manager itself refuses: another's client may have left its own scruples out."""

    def ask(student: Shell) -> str:
        line = f"python3 - {contact} {student.environment['X509_USER_PROXY']} {question}"
        return student.run(line, stdin=GRAM_QUERY).check("see gram_*.log in /var/log/globus on the CE").stdout

    said = ask(two.other)
    expect(
        "failure-code: 162" in said,  # GRAM: authorization denied
        f"another student gets an answer from the job manager: {question}",
        where=two.site.ce.fqdn,
        why=said,
        remedy="`./icebox restore ce /etc/grid-security/gsi-authz.conf /etc/globus`",
    )
    own = ask(two.owner)
    expect("failure-code: 0" in own, f"the owner gets no answer: {question}", where=two.site.ce.fqdn, why=own)


def jobs_in_the_queue(two: StudentPair) -> None:
    root = two.box.shell(two.site.ce)
    account, other = (PoolAccount(root, name) for name in two.accounts())
    queue = two.site.queues[0].name
    job = account.submit(f"sleep 60  # {WORD}", f"-q {queue} -h -N {two.name[:15]}")  # held: it takes no slot
    remedy = "`chmod u-s /usr/bin/scontrol /usr/bin/scancel` on the CE, which must not run as root"
    try:
        own = account.run(f"scontrol write batch_script {job.number} -").expect_success()
        assert WORD in own.stdout, f"the owner does not see the job's script: {own.output}"
        for line, words in (
            (f"qdel {job}", "Unauthorized Request"),
            (f"scontrol write batch_script {job.number} -", "Invalid user id"),
            (f"scontrol release {job.number}", "Invalid user id"),
            (f"scontrol update nodename={two.site.wn.name} state=drain reason=fun", "Invalid user id"),
        ):
            tried = other.run(line)  # scontrol ends well although it was refused
            done = WORD in tried.output or not tried.output.strip()
            expect(not done, f"`{line}`, typed by another student, is done", where=tried.where, remedy=remedy)
            expect_reason(f"`{line}` was refused", words, tried.output, tried.where)
        expect(not account.jobs()[job.number].done, f"another student could delete job {job}", remedy=remedy)
        _expect_no_forged_job(other)
        keys = "/etc/munge/munge.key /etc/grid-security/hostkey.pem"
        seen = two.on_ce(two.other, f"/bin/cat {keys}")
        shut = seen.count("Permission denied") == 2
        expect(shut, f"a job can read one of {keys}", where=two.site.ce.name, remedy=f"chmod 400 {keys}")
    finally:
        removed = account.run(f"qdel {job}")
    removed.expect_success("its owner can't delete it: look at slurmctld on the CE")


def _expect_no_forged_job(other: PoolAccount) -> None:
    """What a student calls a job can't be read as another job, or as another's."""
    for option in ("--job-name $'x\\nJobId=9 JobName=y'", "--comment 'x UserId=root(0)'"):
        tried = other.run(f"sbatch --output /dev/null --wrap true {option}")
        expect(not tried.ok, "a student can forge a line of qstat", where=tried.where, why=tried.output)
        expect_reason("a forged job was refused", "taken for another job's record", tried.output, tried.where)


def files_on_the_se(two: StudentPair) -> None:
    se, local = two.site.se.fqdn, f"/tmp/{two.name}"
    path = f"{two.site.storage}/{two.name}"
    stored = gsiftp(se, path)
    filled = two.owner.run(f"umask 022; echo {WORD} > {local}; globus-url-copy file://{local} {stored}")
    filled.expect_success("check SE-2 tells more")
    try:
        own = two.owner.run(f"globus-url-copy {stored} file:///dev/stdout").expect_success()
        assert own.stdout.strip() == WORD, own.output
        _expect_nothing_beside_the_area(two, se)
        remedy = f"{two.site.storage} on the SE must belong to root, be sticky (3775), and files be 644"
        for line, words in (
            (f"edg-gridftp-rm {stored}", "Operation not permitted"),
            (f"globus-url-copy file:///etc/hostname {stored}", "Permission denied"),
            (f"edg-gridftp-rename {stored} {stored}-mine", "Operation not permitted"),
        ):
            expect_denied(two.other.run(line), "another student can change what is stored", remedy, words)
        _expect_shut_to_remote_io(two, path)
    finally:
        removed = two.owner.run(f"rm -f {local}; edg-gridftp-rm {stored}")
    removed.expect_success("check SE-1 tells why its owner could not")


def _expect_nothing_beside_the_area(two: StudentPair, se: str) -> None:
    """What any account of the SE may read, or write, GridFTP neither hands out nor takes."""
    file, home = "file:///etc/hostname", f"/home/{two.accounts()[0]}"
    for line in (
        f"globus-url-copy {gsiftp(se, '/etc/hostname')} file:///dev/stdout",
        f"globus-url-copy {gsiftp(se, '/storage/../etc/hostname')} file:///dev/stdout",
        f"globus-url-copy {file} {gsiftp(se, f'/tmp/{two.name}')}",
        f"globus-url-copy {file} {gsiftp(se, f'{home}/{two.name}')}",
        f"edg-gridftp-ls {gsiftp(se, home)}",
    ):
        expect_denied(
            two.owner.run(line),
            "GridFTP hands out what is not in the storage area, or writes there",
            "`./icebox restore se /etc/gridftp.conf`, then `systemctl restart globus-gridftp-server` there",
            "Path not allowed",
        )


def remote_io_on_the_se(two: StudentPair) -> None:
    """What one stores by remote I/O, others may read, and nothing else, whichever way they come."""
    path, local = f"{two.site.storage}/{two.owner.account.user}/{two.name}", f"/tmp/{two.name}-remote"
    url, stored = f"{two.remote_io}/{path}", gsiftp(two.site.se.fqdn, path)
    put = f"xrdcp -f -s {local} {url}"
    two.owner.run(f"echo {WORD} > {local}; {put} && {put}").expect_success("check SE-2 tells more")
    try:
        read = two.other.run(f"xrdcp -s {url} -").expect_success("look at authdb on the SE")
        expect(read.stdout.strip() == WORD, "another member can't read what is stored", why=read.output)
        _expect_shut_to_remote_io(two, path)
        place = path.rpartition("/")[0]
        remedy = f"`chown -R xrootd: {place}` and `chmod -R u=rwX,go=rX {place}` on the SE"
        for line in (f"edg-gridftp-rm {stored}", f"globus-url-copy file:///etc/hostname {stored}"):
            expect_denied(two.other.run(line), "another student can change what is stored", remedy)
    finally:
        removed = two.owner.run(f"rm -f {local}; xrdfs {two.remote_io} rm {path}")
    removed.expect_success("look at authdb on the SE, for why its owner could not")


def _expect_shut_to_remote_io(two: StudentPair, path: str) -> None:
    """The other student can do nothing to a file, or beside it, by remote I/O."""
    say = f"xrdfs {two.remote_io}"
    for line in (
        f"{say} rm {path}",
        f"{say} mv {path} {path}-mine",
        f"{say} truncate {path} 0",
        f"{say} chmod {path} rwxrwxrwx",
        f"xrdcp -f /etc/hostname {two.remote_io}/{path}",
        f"xrdcp /etc/hostname {two.remote_io}/{path}-beside",
    ):
        remedy = "`./icebox restore se /etc/xrootd/authdb`, then `systemctl restart xrootd@icebox` there"
        what = "another student can change what is stored, by remote I/O"
        expect_denied(two.other.run(line), what, remedy, "permission denied")


def _case(attempt: Callable[[StudentPair], None], *services: str) -> Any:
    """An attempt, and the services that it rests on."""
    return pytest.param(attempt, id=attempt.__name__.replace("_", " "), marks=pytest.mark.needs(*services))


@SEC_2
@pytest.mark.parametrize(
    "attempt",
    [
        _case(proxy_and_home_on_the_ui),
        _case(root_and_keys_of_the_ui),
        _case(output_and_home_on_the_ce, "gatekeeper"),
        _case(jobs_in_the_queue, "gatekeeper", "slurmctld"),
        _case(files_on_the_se, "gatekeeper", "gridftp"),  # pool accounts are asked of the CE
        _case(remote_io_on_the_se, "gridftp"),
    ],
)
def test_private(
    box: Box,
    student: Shell,
    other_student: Shell,
    worker: str,
    pool_account_of: Callable[[Shell], str],
    attempt: Callable[[StudentPair], None],
) -> None:
    attempt(StudentPair(box, student, other_student, f"sec2-{worker}", pool_account_of))
