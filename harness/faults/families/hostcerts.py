"""Certificates of hosts: expired, not yet valid, another's, with a wrong key or wrong rights."""

from __future__ import annotations

from collections.abc import Callable

from harness.faults import papers
from harness.faults.fault import Content, Fault
from harness.faults.steps import changed, gone, modes
from harness.pki.certificate import Validity

CERT, KEY = "/etc/grid-security/hostcert.pem", "/etc/grid-security/hostkey.pem"
RELOAD = {
    "ce": "systemctl restart globus-gatekeeper",
    "se": "systemctl restart globus-gridftp-server xrootd@icebox",
    "rb": "systemctl reload-or-restart icebox-catalogue; systemctl restart icebox-wms",
}
"""What reads them when it starts."""


def _with(validity: Callable[[], Validity], role: str) -> Content:
    return lambda box: papers.host_at(box, role, validity())


def _laid(role: str, content: Content, path: str = CERT) -> tuple[str, str, tuple[tuple[str, Content], ...]]:
    return f'cat "$keep"/new > {path}', RELOAD[role], (("new", content),)


FAULTS = (
    *(
        Fault(
            f"hostcert-{role}-expired",
            f"the host certificate of the {role.upper()} ended yesterday",
            f"hostcert@{role}",
            (changed(role, CERT, *_laid(role, _with(Validity.over, role))),),
        )
        for role in RELOAD
    ),
    Fault(
        "hostcert-ce-not-yet",
        "the host certificate of the CE is valid from the day after tomorrow",
        "hostcert@ce",
        (changed("ce", CERT, *_laid("ce", _with(papers.not_yet, "ce"))),),
    ),
    Fault(
        "hostcert-se-other-name",
        "the SE shows the UI's certificate and has its key",
        "hostcert@se",
        (
            changed("se", CERT, *_laid("se", lambda box: papers.host(box, "ui").cert_pem)),
            changed("se", KEY, *_laid("se", lambda box: papers.host(box, "ui").key_pem, KEY)),
        ),
    ),
    Fault(
        "hostcert-ce-wrong-key",
        "the key on the CE does not belong to its certificate",
        "hostcert@ce",
        (changed("ce", KEY, *_laid("ce", lambda box: papers.host(box, "ui").key_pem, KEY)),),
    ),
    Fault(
        "hostcert-se-strange-ca",
        "the SE's certificate was signed by another CA of the same name",
        "hostcert@se",
        (changed("se", CERT, *_laid("se", lambda box: papers.host_of_strange_ca(box, "se"))),),
    ),
    Fault(
        "hostcert-rb-missing",
        "RB has no host certificate",
        "hostcert@rb",
        (gone("rb", CERT, RELOAD["rb"]),),
    ),
    Fault(
        "hostcert-se-damaged",
        "the SE's certificate is cut off in its middle",
        "hostcert@se",
        (changed("se", CERT, f"head -c 300 {CERT} > $keep/cut; cat $keep/cut > {CERT}", RELOAD["se"]),),
    ),
    Fault(
        "hostkey-ce-open",
        "everybody can read the CE's key, so Globus refuses it",
        "hostcert@ce",
        (modes("ce", KEY, "644", after=RELOAD["ce"]),),
    ),
    Fault(
        "hostkey-se-owner",
        "the SE's key belongs to another account",
        "hostcert@se",
        (modes("se", KEY, "400", "nobody", after=RELOAD["se"]),),
    ),
    Fault(
        "hostcert-voms-expired",
        "the VOMS server's own copy of the certificate ended yesterday",
        "hostcert@rb",
        (
            changed(
                "rb",
                "/etc/grid-security/vomsd/hostcert.pem",
                'cat "$keep"/new > /etc/grid-security/vomsd/hostcert.pem',
                "systemctl restart voms@$vo",
                (("new", _with(Validity.over, "rb")),),
            ),
        ),
    ),
    Fault(
        "hostcert-myproxy-expired",
        "MyProxy's own copy of the certificate ended yesterday",
        "hostcert@rb",
        (
            changed(
                "rb",
                "/etc/grid-security/myproxy/hostcert.pem",
                'cat "$keep"/new > /etc/grid-security/myproxy/hostcert.pem',
                "systemctl restart myproxy-server",
                (("new", _with(Validity.over, "rb")),),
            ),
        ),
    ),
)
