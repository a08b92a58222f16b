"""MyProxy: a proxy left there by its owner, had again by the owner alone."""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.access.shell import LOGIN, Shell
from harness.command import CommandResult
from harness.expect import expect, expect_reason
from harness.grid.proxy import Proxy, parse_info
from harness.pki.names import student_dn
from harness.services.registry import MYPROXY
from harness.site import Site

SERVER = (
    f"{MYPROXY.remedy}; if it says who owns its store: `chown -R myproxy: /var/lib/myproxy`, `chmod 700` it"
)
POLICY = "`./icebox restore rb /etc/myproxy-server.config`; `systemctl restart myproxy-server` there"
ROOTS = POLICY
TRUSTED = "/etc/grid-security/certificates"
PASSPHRASE = "for this check only"
HALF_AN_HOUR = 1800


@dataclass(frozen=True)
class Stored:
    """Names of what a check stores, so that it meets nobody else's."""

    owner: str
    name: str

    @property
    def mine(self) -> str:
        """Options that say whose, and which: under the owner's DN, as the broker looks for it."""
        return f"-l {shlex.quote(self.owner)} -k {self.name}"


@pytest.fixture
def stored(student: Shell, site: Site, worker: str) -> Iterator[Stored]:
    """Nothing of that name is left, neither at the server nor on the UI."""
    found = Stored(student_dn(site.students[0].common_name), f"myp1-{worker}")
    _clear(student, found)
    yield found
    _clear(student, found)


def _clear(student: Shell, stored: Stored) -> None:
    student.run(f"myproxy-destroy {stored.mine}; myproxy-destroy -l {stored.name} -k {stored.name}")
    student.run(f"rm -rf /tmp/{stored.name}*").expect_success(LOGIN)


@pytest.mark.needs("myproxy")
@pytest.mark.check(
    "MYP-1",
    role="rb",
    title="a student leaves a proxy at MyProxy, has it again, and nobody else gets it",
    learns="Long jobs are renewed from here: what is stored is listed, comes back with the owner's proxy or "
    "passphrase, is refused to everybody else, and is gone once it is destroyed.",
    severity="critical",
)
@pytest.mark.parametrize("way", ["without passphrase", "with passphrase"])
def test_store_and_take_out(
    student: Shell,
    other_student: Shell,
    student_without_proxy: Callable[[str], Shell],
    stored: Stored,
    way: str,
) -> None:
    if way == "without passphrase":
        _renew(student, other_student, stored)
    else:
        _log_on(student, student_without_proxy("myp1"), other_student, stored)


def _renew(student: Shell, other: Shell, stored: Stored) -> None:
    """``-n``: the owner's older proxy opens it."""
    student.run(f"myproxy-init -d -n -c 1 -k {stored.name}").expect_success(SERVER)
    _expect_listed(student, stored.mine, stored.owner)
    taken = f"/tmp/{stored.name}-taken"
    logon = f"myproxy-logon -n {stored.mine} -o {taken}"
    student.run(f"{logon} -a $X509_USER_PROXY").expect_success(POLICY)
    _expect_proxy(student, taken, stored.owner)
    _expect_refused(other.run(f"{logon}-by-other -a $X509_USER_PROXY"), "does not match|not authorized")
    _expect_refused(other.run(f"{logon}-by-other"), "No credentials for renewal|not authorized")
    _expect_refused(other.run(f"myproxy-destroy {stored.mine}"), "not owned by")
    # A second proxy leaves MyProxy, the private key stored with the first never.
    files = f"-c /tmp/{stored.name}-cert -y /tmp/{stored.name}-key"
    _expect_refused(student.run(f"myproxy-retrieve -n {stored.mine} {files}"), "not authorized")
    student.run(f"myproxy-destroy {stored.mine}").expect_success(SERVER)
    _expect_refused(student.run(f"{logon}-again -a $X509_USER_PROXY"), "[Nn]o credentials|does not exist")


def _log_on(student: Shell, without: Shell, other: Shell, stored: Stored) -> None:
    """With a passphrase: it opens to whoever knows it, at a machine where no proxy is yet."""
    mine = f"-l {stored.name} -k {stored.name}"
    student.run(f"myproxy-init -S -c 1 {mine}", stdin=f"{PASSPHRASE}\n").expect_success(SERVER)
    _expect_listed(student, mine, stored.owner)
    taken = f"/tmp/{stored.name}-taken"
    without.run(f"myproxy-logon -S {mine} -o {taken}", stdin=f"{PASSPHRASE}\n").expect_success(POLICY)
    _expect_proxy(without, taken, stored.owner)
    guess = other.run(f"myproxy-logon -S {mine} -o {taken}-by-other", stdin="another word\n")
    _expect_refused(guess, "invalid credential passphrase")
    student.run(f"myproxy-destroy {mine}").expect_success(SERVER)


def _expect_listed(student: Shell, options: str, owner: str) -> None:
    listed = student.run(f"myproxy-info {options}").expect_success(SERVER)
    found = re.search(r"^owner: (.+?)\s*$", listed.stdout, re.MULTILINE)
    expect(
        found and found[1] == owner and "timeleft" in listed.stdout,
        f"myproxy-info does not list the proxy of {owner}",
        where=listed.where,
        why=listed.output,
        remedy=SERVER,
    )


def _expect_proxy(shell: Shell, path: str, owner: str) -> None:
    shown = shell.run(f"voms-proxy-info --all -file {path}").expect_success("check UI-2 tells more")
    proxy: Proxy = parse_info(shown.stdout)
    expect(
        proxy.subject.startswith(f"{owner}/CN=") and proxy.seconds_left > HALF_AN_HOUR,
        f"what MyProxy gave is no proxy of {owner} that is good for half an hour",
        where=shown.where,
        why=shown.output,
        remedy=SERVER,
    )


def _expect_refused(tried: CommandResult, reason: str) -> None:
    expect(
        not tried.ok,
        f"`{tried.command}` must be refused and is not",
        where=tried.where,
        why=tried.output,
        remedy=POLICY,
    )
    expect_reason(f"`{tried.command}` was refused", reason, tried.output, tried.where)


@pytest.mark.check(
    "MYP-2",
    role="rb",
    title="a machine that knows no CA gets them from MyProxy",
    learns="A laptop is set up by one command: CAs, CRLs and policies come with the proxy, the same that the "
    "nodes trust.",
    severity="normal",
)
def test_trust_roots(student: Shell, site: Site, stored: Stored) -> None:
    fresh = f"/tmp/{stored.name}-roots"
    student.run(f"rm -rf {fresh}* && mkdir -m 700 {fresh}").expect_success(LOGIN)
    mine = f"-l {stored.name} -k {stored.name}"
    student.run(f"myproxy-init -S -c 1 {mine}", stdin=f"{PASSPHRASE}\n").expect_success(SERVER)
    # The home of somebody who has nothing yet: believes the server at first sight, then gets what it trusts.
    bare = f"env -u X509_USER_PROXY HOME={fresh} X509_CERT_DIR={fresh}/ca"
    student.run(
        f"{bare} myproxy-logon -b -T -S {mine} -o {fresh}/proxy", stdin=f"{PASSPHRASE}\n"
    ).expect_success(ROOTS)
    _expect_proxy(student, f"{fresh}/proxy", stored.owner)
    theirs = f"{fresh}/ca"
    compared = f"for file in *; do cmp $file {TRUSTED}/$file || exit 1; done"
    same = student.run(f"cd {theirs} && rm -f myproxy-install-log && {compared}; ls {theirs}")
    kinds = {name.rpartition(".")[2] for name in same.stdout.split()}
    expect(
        same.ok and {"0", "r0", "signing_policy"} <= kinds,
        f"MyProxy gave {', '.join(sorted(kinds)) or 'nothing'}, not the files of {TRUSTED}",
        where=site.rb.name,
        why=same.output,
        remedy=ROOTS,
    )
    again = student.run(f"X509_CERT_DIR={theirs} myproxy-get-trustroots -q")
    again.expect_success(ROOTS)
