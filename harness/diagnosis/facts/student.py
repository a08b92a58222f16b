"""Facts of students: their certificates and keys, and a login on the UI."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from harness.checks import certificate
from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts.trust import SOON, trust_of, trust_wants
from harness.diagnosis.finding import Step
from harness.services.service import Link, Look
from harness.site import Node, Role, Site, Student

KEYS = ["/home/*/.globus/userkey.pem"]
CERTS = ["/home/*/.globus/usercert.pem"]
DIRECTORIES = ["/home/*/.globus"]
PROXY = "/tmp/x509up_u"
"""Where grid programs write proxies, with the number of an account, if nobody tells them otherwise."""
LOCKED = "=locked"
PUBLIC = (
    'for key in /home/*/.globus/userkey.pem; do [ -f "$key" ] || continue; echo "= $key"; '
    'openssl pkey -in "$key" -passin pass: -pubout 2>&1 || '
    f'{{ ! grep -q ENCRYPTED "$key" || echo {LOCKED}; }}; done'
)


def _wants(site: Site, _node: Node | None) -> Iterator[Want]:
    ui = site.ui.name
    yield Want(ui, ("files", CERTS, True))
    yield Want(ui, ("files", [*KEYS, *DIRECTORIES], False))
    yield Want(ui, ("run", PUBLIC, ""))
    yield from trust_wants(site, site.ui)
    yield from _proxy_wants(site, site.ui)


def _proxy_wants(site: Site, node: Node | None) -> Iterator[Want]:
    yield from _account_wants(site, node)
    yield Want(site.ui.name, ("files", [f"{PROXY}*"], False))


def _credentials(case: Case) -> Iterator[Seen]:
    """Every student's certificate and key are there, current, and fit."""
    certs, keys, public = (case.view.got(want) for want in list(_wants(case.site, case.node))[:3])
    shown = dict(_blocks(public["said"]))
    for student in case.site.students:
        for why, path in _faults(case, student, certs, keys, shown):
            since = (certs | keys).get(path, {}).get("changed", 0.0)
            yield Seen(
                f"of {student.login} are no good: {why}",
                f"ls -l {path}; openssl x509 -noout -subject -dates -in ~/.globus/usercert.pem",
                since=since,
            )
            break
    yield from _taken(case)


def _taken(case: Case) -> Iterator[Seen]:
    """Where a student's proxy is written lies nothing of others: of what root tried in his place, say."""
    said, files = (case.view.got(want) for want in _proxy_wants(case.site, case.node))
    people = {
        line.split(":")[2]: line.split(":")[0] for line in said["said"].splitlines() if line.count(":") == 6
    }
    for path, told in files.items():
        # The whole name: everyone may write there, and what stands in it is typed.
        login = people.get(path.removeprefix(PROXY))
        if login and told["owner"] != login:
            fix = f"rm -rf {path}"
            yield Seen(
                f"of {login} don't become a proxy: {path} is {told['owner']}'s",
                f"ls -l {path}",
                since=told["changed"],
                remedy=f"`{fix}` on {case.here}",
                steps=(Step(case.here.name, fix),),
            )


def _faults(
    case: Case, student: Student, certs: dict[str, Any], keys: dict[str, Any], shown: dict[str, str]
) -> Iterator[tuple[str, str]]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    home = f"/home/{student.login}"
    cert, key = f"{home}/.globus/usercert.pem", f"{home}/.globus/userkey.pem"
    for path in (f"{home}/.globus", cert, key):
        told = (certs | keys).get(path)
        if told is None:
            yield f"{path} is missing", path
            return
        if told["owner"] != student.login:
            yield f"{path} is {told['owner']}'s", path
        if not told["plain"] and path in (cert, key):
            yield f"{path} is no file", path
            return
    if keys[key]["mode"] & 0o077 or not keys[key]["mode"] & 0o400:
        yield f"the key has mode {keys[key]['mode']:o}, and must be the student's alone to read", key
    if not certs[cert]["mode"] & 0o400:
        yield f"the certificate can't be read (mode {certs[cert]['mode']:o})", cert
    try:
        chain = x509.load_pem_x509_certificates(certs[cert]["text"].encode())
    except ValueError:
        yield "the certificate is no certificate", cert
        return
    own = chain[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    said = shown.get(key, "")
    if "BEGIN" in said and own.strip() != said.strip():
        yield "the key is not that of the certificate", key
    elif LOCKED in said and student == case.site.students[0]:  # others may well do so with their own
        yield "the key has a passphrase, which no check can type", key
    elif said and "BEGIN" not in said and LOCKED not in said:
        yield "the key is no key", key
    now = datetime.fromtimestamp(case.view.at, UTC)
    names = certificate.names(chain[0])
    for why in certificate.faults(
        chain, names[0] if names else "", trust_of(case, case.here), now, now + SOON
    ):
        if not why.startswith("it ends on"):
            yield why, cert


def _blocks(said: str) -> Iterator[tuple[str, str]]:
    for part in ("\n" + said).split("\n= ")[1:]:
        path, _, text = part.partition("\n")
        yield path, text


BOOKS = (
    "getent passwd {logins}; echo =; getent shadow {logins}; echo =; grep ^/ /etc/shells; echo =; "
    "echo $(($(date +%s) / 86400))"
)
"""What a node knows of accounts (passwd(5), shadow(5), shells(5)), and the day."""


def _account_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    logins = " ".join(student.login for student in site.students)
    yield Want(node.name, ("run", BOOKS.format(logins=logins), ""))


def _accounts(case: Case) -> Iterator[Seen]:
    """Every student's account is there, and lets him in: it has not ended, is not locked, and has a shell."""
    said = str(case.view.got(next(_account_wants(case.site, case.node)))["said"])
    passwd, shadow, shells, day = said.split("=\n", 3)
    people = {line.split(":")[0]: line.split(":") for line in passwd.splitlines() if line.count(":") == 6}
    secrets = {line.split(":")[0]: line.split(":") for line in shadow.splitlines() if line.count(":") == 8}
    for student in case.site.students:
        found = _shut_out(people.get(student.login), secrets.get(student.login), shells.split(), int(day))
        if found:
            why, fix = found
            line = fix.format(login=student.login)
            yield Seen(
                f"lets {student.login} in no more: {why}",
                f"getent passwd {student.login}; chage -l {student.login}",
                ":".join(people.get(student.login, ())),
                remedy=f"`{line}` on {case.here}" if line else "",
                steps=(Step(case.here.name, line),) if line else (),
            )


def _shut_out(
    person: list[str] | None, secret: list[str] | None, shells: list[str], day: int
) -> tuple[str, str] | None:
    """Why an account lets nobody in, and what mends that; a day is one since 1970."""
    if person is None:
        return "there is no such account", ""
    if person[6] not in shells:
        return f"the shell is {person[6]}", "usermod -s /bin/bash {login}"
    if secret is None:
        return "the account has no line in /etc/shadow", ""
    if secret[1].startswith("!"):
        return "the account is locked", "usermod -p '*' {login}"
    _, _, changed, _, longest, _, _, ends, _ = secret
    if ends.isdigit() and int(ends) <= day:
        return "the account has ended", "chage -E -1 {login}"
    if changed == "0" or (changed.isdigit() and longest.isdigit() and int(changed) + int(longest) < day):
        return "the password has to be changed first, and there is none", "chage -d -1 {login}"
    return None


FACTS = (
    Fact(
        name="accounts",
        plain=True,
        roles=(Role.UI,),
        label="{node}",
        wants=_account_wants,
        judge=_accounts,
        needs=("disk",),
        carries=("homes", "login", "credentials", "student", "programs", "proxy", "environment"),
        told_by="UI-1",
        means="that student can't log in",
        remedy="`./icebox restore {node} /etc/passwd /etc/group /etc/shadow` puts students' accounts back, "
        "and keeps the files with those that were added since below /var/lib/icebox/replaced there",
    ),
    Fact(
        name="credentials",
        plain=True,
        roles=(Role.UI,),
        label="certificate and key",
        wants=_wants,
        judge=_credentials,
        carries=("student",),
        told_by="UI-2",
        means="that student gets no proxy",
        remedy="`./icebox restore {node} /home` puts back what students were handed",
    ),
)
LOGIN = Link(
    name="login",
    roles=(Role.UI,),
    label="a student's login at {node}",
    asked=(Look("student_logs_in"),),
    needs=("ssh", "homes", "disk", "clock"),
    carries=("student", "rootlogin"),
    told_by="UI-1",
    means="no student gets in",
    remedy="on {node}: `journalctl -u ssh` says why; `./icebox restore {node} /etc/ssh /etc/pam.d "
    "/etc/security /home`, then `systemctl reload ssh` there",
)
ROOT_LOGIN = Link(
    name="rootlogin",
    roles=tuple(Role),
    label="root's login at {node} from the dom0",
    asked=(Look("root_logs_in"),),
    # What keeps out everybody is told of ssh itself.
    needs=("ssh", "disk", "route", "address"),
    told_by="BOX-3",
    means="nobody who looks after the node gets in by ssh, and no check that looks there",
    remedy="`./icebox restore {node} /etc/ssh /root`, then `systemctl reload ssh` there",
)
