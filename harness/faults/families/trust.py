"""Whom machines trust: CA, signing policy and CRL missing, expired or wrong, on each node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from harness.faults import papers
from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, gone, modes
from harness.pki.badcredentials import UNKNOWN_CA_DN
from harness.pki.certificate import Validity, revocation_list

if TYPE_CHECKING:
    from harness.box.box import Box

TRUST = "/etc/grid-security/certificates"
REAL = f"$(find {TRUST} -type f -name '*.%s')"
"""The file itself; its name by the old hash is a link."""


def old_list(box: Box) -> bytes:
    """A CRL of the box's CA that had to be renewed yesterday."""
    return papers.authority(box).bad_crl(Validity.over())


def stranger(_box: Box) -> bytes:
    """The certificate of a CA that nobody knows."""
    return papers.strange_ca(UNKNOWN_CA_DN).certificate.public_bytes(Encoding.PEM)


def strange_list(_box: Box) -> bytes:
    """The CRL of that CA."""
    return revocation_list(papers.strange_ca(UNKNOWN_CA_DN), {1: datetime.now(UTC)}, Validity.of_days(30))


def _replaced(ending: str, name: str) -> str:
    return f'file={REAL % ending}; cat "$keep"/{name} > "$file"'


def _of(role: str) -> tuple[Fault, ...]:
    node = role.upper()
    finding = f"authority@{role}"
    return (
        Fault(
            f"trust-{role}-no-ca",
            f"the CA's certificate is missing on the {node}",
            finding,
            (changed(role, TRUST, f"rm -f {TRUST}/*.0"),),
        ),
        Fault(
            f"trust-{role}-crl-expired",
            f"the CRL on the {node} had to be renewed yesterday",
            finding,
            (changed(role, TRUST, _replaced("r0", "old"), brings=(("old", old_list),)),),
        ),
    )


FAULTS = (
    *(fault for role in ("ce", "wn", "se", "ui", "rb") for fault in _of(role)),
    Fault(
        "trust-ui-empty",
        "the UI has no directory of CAs at all",
        "authority@ui",
        (gone("ui", TRUST),),
    ),
    Fault(
        "trust-ce-no-policy",
        "the CA's signing policy is missing on the CE",
        "authority@ce",
        (changed("ce", TRUST, f"rm -f {TRUST}/*.signing_policy"),),
    ),
    Fault(
        "trust-se-policy-wrong",
        "by the SE's signing policy the CA may sign other names than those of the box",
        "authority@se",
        (changed("se", TRUST, f"sed -i 's:/O=GridBox/:/O=Elsewhere/:' {REAL % 'signing_policy'}"),),
    ),
    Fault(
        "trust-ce-no-crl",
        "the CA's CRL is missing on the CE",
        "authority@ce",
        (changed("ce", TRUST, f"rm -f {TRUST}/*.r0"),),
    ),
    Fault(
        "trust-rb-crl-damaged",
        "the CRL on RB is cut off in its middle",
        "authority@rb",
        (
            changed(
                "rb", TRUST, f'file={REAL % "r0"}; head -c 200 "$file" > $keep/cut; cat $keep/cut > "$file"'
            ),
        ),
    ),
    Fault(
        "trust-se-crl-of-another",
        "the CRL on the SE is another CA's",
        "authority@se",
        (changed("se", TRUST, _replaced("r0", "other"), brings=(("other", strange_list),)),),
    ),
    Fault(
        "trust-wn-wrong-ca",
        "the file of the CA on the WN holds another CA's certificate",
        "authority@wn",
        (changed("wn", TRUST, _replaced("0", "other"), brings=(("other", stranger),)),),
    ),
    Fault(
        "trust-se-ca-unreadable",
        "nobody but root can read the CA's certificate on the SE",
        "authority@se",
        (
            Step(
                "se",
                f"chmod 600 {REAL % '0'}",
                f"[ ! -d {TRUST} ] || find {TRUST} -type f -name '*.0' -exec chmod 644 {{}} +",
            ),
        ),
    ),
    Fault(
        "trust-ui-directory-shut",
        "students can not look into the UI's directory of CAs",
        "authority@ui",
        (modes("ui", TRUST, "700"),),
    ),
)
