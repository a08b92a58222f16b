"""Facts of trust: CAs, policies and CRLs on each node, host certificates and their keys, the VOMS server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.checks import certificate
from harness.checks.trust import DIRECTORY, Trust, TrustFile
from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts.network import ALL
from harness.diagnosis.finding import Step
from harness.services.registry import VOMS, services_of
from harness.site import Node, Role, Site

KEEPERS = {"vomsd": "voms", "myproxy": "myproxy", "xrootd": "xrootd"}
"""Directories in which services have copies of their own, each with its account; others nobody reads."""
HOSTS = tuple(f"/etc/grid-security/{each}hostcert.pem" for each in ("", *(f"{name}/" for name in KEEPERS)))
KEYS = tuple(each.replace("hostcert", "hostkey") for each in HOSTS)
PUBLIC = (
    f"for key in {' '.join(KEYS)}; do "
    '[ ! -e "$key" ] || { echo "= $key"; openssl pkey -in "$key" -pubout 2>&1; }; done'
)
SOON = timedelta(days=2)
"""A certificate or CRL that ends before is told as a warning."""
VOMSES = ["/opt/glite/etc/vomses", "/etc/vomses", "/etc/vomses/*"]
DOORS = ("gatekeeper", "gridftp", "xrootd", "voms", "myproxy", "broker", "catalogue")
"""Services that show a host certificate, and ask clients for one of a CA that they know."""


def trust_wants(_site: Site, node: Node | None) -> Iterator[Want]:
    """Looks at the trust directory of a node."""
    assert node is not None
    yield Want(node.name, ("files", [f"{DIRECTORY}/*"], True))
    yield Want(node.name, ("files", [DIRECTORY], False))


def trust_of(case: Case, node: Node) -> Trust:
    """The trust directory of a node."""
    found = case.view.got(next(trust_wants(case.site, node)))
    files = (
        TrustFile(path.rpartition("/")[2], told["mode"], told.get("text", "")) for path, told in found.items()
    )
    return Trust({file.name: file for file in files})


def _authority(case: Case) -> Iterator[Seen]:
    """CA, signing policy and CRL are there, current, and everyone's to read."""
    now = datetime.fromtimestamp(case.view.at, UTC)
    trust = trust_of(case, case.here)
    probe = f"ls -l {DIRECTORY}; openssl crl -noout -dates -in {DIRECTORY}/*.r0"
    files, directory = (case.view.got(want) for want in trust_wants(case.site, case.node))
    for told in directory.values():
        if told["mode"] & 0o555 != 0o555:
            yield Seen(f"can't be read by everyone (mode {told['mode']:o})", probe, since=told["changed"])
    problems = _several(trust.faults(now, now))
    for problem in problems:
        yield Seen(f"do not hold: {problem}", probe, "\n".join(problems), _changed(files, problem))
        return
    for problem in trust.faults(now, now + SOON):
        yield Seen(f"hold not for long: {problem}", probe, degraded=True)
        return


def _several(problems: Iterator[str]) -> list[str]:
    """All problems, also with a file that can't be read at all."""
    found: list[str] = []
    try:
        found.extend(problems)  # those before an error count
    except ValueError as error:
        found.append(f"a file can't be read: {error}")
    return found


def _changed(files: dict[str, dict[str, Any]], problem: str) -> float:
    """Since when the file that a problem names is as it is."""
    return next(
        (told["changed"] for path, told in files.items() if path.rpartition("/")[2] in problem.split(",")[0]),
        0.0,
    )


def _host_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("files", list(HOSTS), True))
    yield Want(node.name, ("files", list(KEYS), False))
    yield Want(node.name, ("run", PUBLIC, ""))
    yield from trust_wants(site, node)


def _hostcert(case: Case) -> Iterator[Seen]:
    """Each host certificate is the host's, signed, current, and fits its key, which nobody else reads."""
    certs, keys, public = (case.view.got(want) for want in list(_host_wants(case.site, case.node))[:3])
    shown = dict(_blocks(public["said"]))
    if HOSTS[0] not in certs:
        yield Seen("is missing", f"ls -l {HOSTS[0]}")
    for path, told in certs.items():
        key = path.replace("hostcert", "hostkey")
        probe = f"openssl x509 -noout -subject -dates -in {path}; ls -l {path} {key}"
        for why in _host_faults(case, told, shown.get(key, "")):
            yield Seen(
                f"is no good: {why}" + (f" ({path})" if path != HOSTS[0] else ""),
                probe,
                since=max(told["changed"], keys.get(key, told)["changed"]),
                degraded=why.startswith("it ends on"),
            )
            break
        if told["mode"] & 0o444 != 0o444:
            yield Seen(f"can't be read by everyone (mode {told['mode']:o})", probe, since=told["changed"])
        if key not in keys:
            yield Seen(f"lacks its key {key}", f"ls -l {key}")
        elif not keys[key].get("plain", True):
            # What lies there may be a device of the node's: its mode is left alone.
            yield Seen(f"has no file for its key ({key})", f"ls -l {key}; findmnt {key}")
        elif keys[key]["mode"] & 0o077 or not keys[key]["mode"] & 0o400:
            mode = f"{keys[key]['mode']:o}"
            yield Seen(
                f"has a key with mode {mode}, which must be its owner's alone to read ({key})",
                f"ls -l {key}",
                since=keys[key]["changed"],
                remedy=f"`chmod 400 {key}` on {case.here}, and start its services again",
                steps=(Step(case.here.name, f"chmod 400 {key}"), *_restarts(case)),
            )
        elif keys[key]["owner"] != _keeper(path):
            yield Seen(
                f"has a key of {keys[key]['owner']}, not of {_keeper(path)} ({key})",
                f"ls -l {key}",
                since=keys[key]["changed"],
            )


def _restarts(case: Case) -> Iterator[Step]:
    """Start again what shows the host's certificate."""
    units = [
        unit.format(vo=case.site.vo)
        for each in services_of(case.here.role)
        if each.secure
        for unit in each.units
    ]
    if units:
        yield Step(case.here.name, f"systemctl restart {' '.join(dict.fromkeys(units))}")


def _keeper(path: str) -> str:
    return KEEPERS.get(path.split("/")[-2], "root")


def _host_faults(case: Case, told: dict[str, Any], public: str) -> Iterator[str]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    now = datetime.fromtimestamp(case.view.at, UTC)
    try:
        chain = x509.load_pem_x509_certificates(told.get("text", "").encode())
    except ValueError:
        yield "it is no certificate"
        return
    own = chain[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    if public and own.strip() != public.strip():
        yield (
            "it does not fit its key"
            if "BEGIN" in public
            else f"its key can't be read: {public.strip()[:80]}"
        )
    yield from certificate.faults(chain, case.here.fqdn, trust_of(case, case.here), now, now + SOON)


def _blocks(said: str) -> Iterator[tuple[str, str]]:
    for part in ("\n" + said).split("\n= ")[1:]:
        path, _, text = part.partition("\n")
        yield path, text


def _lsc_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("files", [f"/etc/grid-security/vomsdir/{site.vo}/*"], True))
    yield Want(node.name, ("files", VOMSES, True))
    yield Want(site.rb.name, ("files", list(HOSTS), True))


def _lsc(case: Case) -> Iterator[Seen]:
    """The node takes attributes of the VO's server, by its name and its CA's (LSC), and knows its place."""
    from cryptography import x509

    from harness.pki.names import to_slash

    trusted, known, certs = (case.view.got(want) for want in _lsc_wants(case.site, case.node))
    try:
        server = x509.load_pem_x509_certificate(certs[HOSTS[0]]["text"].encode())
    except (KeyError, ValueError):
        return  # the server's own trouble
    subject, issuer, rb = to_slash(server.subject), to_slash(server.issuer), case.site.rb
    place = f"/etc/grid-security/vomsdir/{case.site.vo}/{rb.fqdn}.lsc"
    lines = [line.strip() for line in trusted.get(place, {}).get("text", "").splitlines() if line.strip()]
    if lines != [subject, issuer] or trusted[place]["mode"] & 0o444 != 0o444:
        what = "are missing" if place not in trusted else "do not fit it"
        yield Seen(
            f"{what} ({place})",
            f"ls -l {place}; cat {place}",
            "\n".join(lines),
            trusted.get(place, {}).get("changed", 0.0),
        )
    if case.here.role is Role.UI:
        yield from _vomses(case, known, subject)


def _vomses(case: Case, known: dict[str, dict[str, Any]], subject: str) -> Iterator[Seen]:
    rb, vo = case.site.rb, case.site.vo
    wanted = f'"{vo}" "{rb.fqdn}" "{case.site.public_port(rb, VOMS.port)}" "{subject}" "{vo}"'
    files = {path: told for path, told in known.items() if "text" in told}
    lines = [line.strip() for told in files.values() for line in told["text"].splitlines() if line.strip()]
    wrong = [line for line in lines if line.startswith(f'"{vo}"') and line != wanted]
    if wrong or wanted not in lines or any(told["mode"] & 0o444 != 0o444 for told in known.values()):
        said = wrong[0] if wrong else "; ".join(lines) or "nothing"
        paths = " ".join(files) or VOMSES[0]
        since = max((told["changed"] for told in known.values()), default=0.0)
        yield Seen(
            f"have the VO's server at another place: {said[:200]}",
            f"ls -l {paths}; cat {paths}",
            "\n".join(lines),
            since,
            remedy=f"`./icebox restore {case.here} /etc/vomses`",
        )


RESTORE = "`./icebox restore {node} /etc/grid-security`"
FACTS = (
    Fact(
        name="authority",
        plain=True,
        roles=ALL,
        label="CA files of {node}",
        wants=trust_wants,
        judge=_authority,
        carries=(
            *("hostcert", "lsc", *DOORS),
            *("student", "proxy", "login", "transfer", "match", "credentials"),
        ),
        told_by="CERT-2",
        everywhere=True,
        means="who comes there by grid security is refused",
        remedy=RESTORE + "; ./icebox stop --box {box} and ./icebox start --box {box} lay CRLs anew",
    ),
    Fact(
        name="hostcert",
        plain=True,
        roles=ALL,
        label="the host certificate of {node}",
        wants=_host_wants,
        judge=_hostcert,
        carries=(
            *DOORS,
            "door",  # which knows who answers by the name in the certificate
            "login",
            "transfer",
        ),
        told_by="CERT-1",
        everywhere=True,
        means="clients don't trust the node, or its services don't start",
        remedy=RESTORE + ", and start its services again; "
        "./icebox stop --box {box} and ./icebox start --box {box} make new certificates if they have ended",
    ),
    Fact(
        name="lsc",
        plain=True,
        roles=ALL,
        label="what {node} knows of the VOMS server",
        wants=_lsc_wants,
        judge=_lsc,
        carries=("gatekeeper", "gridftp", "broker", "catalogue", "student", "proxy", "login", "transfer"),
        means="a student's membership counts for nothing there",
        remedy="`./icebox restore {node} /etc/grid-security/vomsdir`",
    ),
)
