"""Facts of students: their certificates and keys, and what the first of them gets when he types the basics.

The last are what all else is for: a proxy, a CE and an SE that let him in, a broker that finds a CE, a
catalogue.  What fails there, with nothing beneath broken, is told in the command's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from harness.checks import certificate
from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts.trust import SOON, trust_of, trust_wants
from harness.grid.recognized import translated
from harness.site import Node, Role, Site, Student

KEYS = ["/home/*/.globus/userkey.pem"]
CERTS = ["/home/*/.globus/usercert.pem"]
DIRECTORIES = ["/home/student*", "/home/student*/.globus"]
PUBLIC = (
    'for key in /home/*/.globus/userkey.pem; do echo "= $key"; '
    'openssl pkey -in "$key" -passin pass: -pubout 2>&1; done'
)
MARK = "=look="
PROXY = "voms-proxy-init -quiet -voms {vo}"


def _wants(site: Site, _node: Node | None) -> Iterator[Want]:
    ui = site.ui.name
    yield Want(ui, ("files", CERTS, True))
    yield Want(ui, ("files", [*KEYS, *DIRECTORIES], False))
    yield Want(ui, ("run", PUBLIC, ""))
    yield from trust_wants(site, site.ui)


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


def _faults(
    case: Case, student: Student, certs: dict[str, Any], keys: dict[str, Any], shown: dict[str, str]
) -> Iterator[tuple[str, str]]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    home = f"/home/{student.login}"
    cert, key = f"{home}/.globus/usercert.pem", f"{home}/.globus/userkey.pem"
    for path in (home, f"{home}/.globus", cert, key):
        told = (certs | keys).get(path)
        if told is None:
            yield f"{path} is missing", path
            return
        if told["owner"] != student.login:
            yield f"{path} is {told['owner']}'s", path
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


def _line(site: Site) -> str:
    """What the first student types, all after the proxy side by side; what each says, with its exit code."""
    tries = {
        **{f"login {ce.name}": f"globusrun -a -r {ce.fqdn}" for ce in site.ces},
        **{
            f"transfer {se.name}": f"to=gsiftp://{se.fqdn}{site.storage}/.look-$$; "
            "globus-url-copy -q file://$d/x $to && edg-gridftp-rm $to"
            for se in site.ses
        },
        f"lookup {site.rb.name}": f"lfc-ls /grid/{site.vo}",
        f"match {site.rb.name}": "glite-wms-job-list-match -a $d/x.jdl",
    }
    body = "\n".join(
        f"( timeout $PATIENCE sh -c '{line}' >$d/{number} 2>&1; echo '{MARK} {name}' $? >>$d/{number} ) &"
        for number, (name, line) in enumerate(tries.items())
    )
    return (
        "d=$(mktemp -d) && export d X509_USER_PROXY=$d/proxy; trap 'rm -rf $d' EXIT\n"
        f"echo data >$d/x; echo 'Executable=\"/bin/true\";' >$d/x.jdl\n"
        f"timeout $PATIENCE {PROXY.format(vo=site.vo)} -out $d/proxy >$d/p 2>&1; code=$?; cat $d/p; "
        f'echo "{MARK} proxy {site.ui.name} $code"\n'
        f"[ $code = 0 ] || exit 0\n{body}\nwait; cat $d/[0-9]*"
    )


def _typed_wants(site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(site.ui.name, ("run", _line(site), site.students[0].login))


def _typed(case: Case, name: str, command: str) -> Iterator[Seen]:
    want = next(_typed_wants(case.site, None))
    if case.view.late(want):
        yield Seen("gets no answer in time", command)
        return
    said = case.view.got(want)["said"]
    found = re.search(
        rf"(?:^|{MARK}[^\n]*\n)((?:(?!{MARK}).)*){MARK} {name} {case.here.name} (\d+)\n",
        said + "\n",
        re.DOTALL,
    )
    if found and found[2] != "0":
        words = found[1].strip()
        code = "no answer in time" if found[2] == "124" else f"exit code {found[2]}"
        yield Seen(f"fails: {translated(words) or code}", command, words[-1500:] or code)


def _proxy(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "proxy", PROXY.format(vo=case.site.vo))


def _login(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "login", f"globusrun -a -r {case.here.fqdn}")


def _transfer(case: Case) -> Iterator[Seen]:
    yield from _typed(
        case,
        "transfer",
        f"globus-url-copy file:///etc/hostname gsiftp://{case.here.fqdn}{case.site.storage}/x",
    )


def _match(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "match", "glite-wms-job-list-match -a x.jdl")


def _lookup(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "lookup", f"lfc-ls /grid/{case.site.vo}")


ON_UI = ("ssh@ui", "names@ui", "disk@ui", "authority@ui", "lsc@ui", "credentials@ui")
FACTS = (
    Fact(
        name="credentials",
        roles=(Role.UI,),
        label="certificate and key",
        wants=_wants,
        judge=_credentials,
        carries=("student",),
        told_by="UI-2",
        means="that student gets no proxy",
        remedy="`./icebox restore {node} /home` puts back what students were handed",
    ),
    Fact(
        name="proxy",
        roles=(Role.UI,),
        label="a student's proxy at {node}",
        wants=_typed_wants,
        judge=_proxy,
        needs=(*ON_UI, "voms", "door@rb", "clock"),
        carries=("student",),
        told_by="UI-2",
        means="no student can do anything",
        remedy="on RB: `systemctl status voms@VO mariadb`, and its log /var/log/voms",
    ),
    Fact(
        name="login",
        roles=(Role.CE,),
        label="a student's request to {node}",
        wants=_typed_wants,
        judge=_login,
        needs=("gatekeeper", "door", "proxy", "pool", "hostcert", "lsc", "authority"),
        carries=("any:jobs",),
        told_by="CE-1",
        means="no job gets to the CE",
        remedy="`journalctl -u globus-gatekeeper` on {node} says what it lacks; CE-1 tells more",
    ),
    Fact(
        name="transfer",
        roles=(Role.SE,),
        label="a student's file on its way to {node}",
        wants=_typed_wants,
        judge=_transfer,
        needs=("gridftp", "door", "proxy", "pool", "area", "hostcert", "lsc", "authority"),
        told_by="SE-1",
        means="no file gets to the SE",
        remedy="on {node}: `systemctl status globus-gridftp-server`, /var/log/gridftp.log; SE-1 tells more",
    ),
    Fact(
        name="lookup",
        roles=(Role.RB,),
        label="a student's question to the catalogue",
        wants=_typed_wants,
        judge=_lookup,
        needs=("catalogue", "door", "proxy", "books", "hostcert", "lsc"),
        told_by="CAT-1",
        means="no file is found by its name",
        remedy="on {node}: `systemctl status icebox-catalogue`, `journalctl -t icebox-catalogue`; "
        "`systemctl restart icebox-catalogue` there",
    ),
    Fact(
        name="match",
        roles=(Role.RB,),
        label="a student's search for a CE",
        wants=_typed_wants,
        judge=_match,
        needs=("broker", "door", "proxy", "published@rb", "published@ce", "hostcert", "lsc"),
        told_by="WMS-2",
        carries=("jobs",),
        means="glite-job-submit finds nowhere to run",
        remedy="on {node}: `systemctl status icebox-wms condor`, `journalctl -u icebox-wms`; "
        "`systemctl start icebox-wms condor` there starts what is down",
    ),
)
TYPED = FACTS[1:]
"""What a student types."""
