"""A trust directory as a machine has it: /etc/grid-security/certificates, in the layout of the IGTF."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509

from harness.access.shell import Shell
from harness.checks.certificate import dn
from harness.pki.trust import subject_hash

DIRECTORY = "/etc/grid-security/certificates"
_MARK = "=== "
_LIST = (
    f"cd {DIRECTORY} && for f in *.0 *.r0 *.signing_policy; do "
    f'[ -e "$f" ] && echo "{_MARK}$f $(stat -L -c %a "$f")" && cat "$f"; done; true'
)
_POLICY_CA = re.compile(r"^\s*access_id_CA\s+X509\s+'([^']+)'", re.MULTILINE)
_POLICY_SUBJECTS = re.compile(r"^\s*cond_subjects\s+globus\s+'([^']+)'", re.MULTILINE)


@dataclass(frozen=True)
class TrustFile:
    """One file of the directory."""

    name: str
    mode: int
    text: str


def read(shell: Shell) -> Trust:
    """The directory of a machine; raises CommandFailed if there is none."""
    listed = shell.run(_LIST).expect_success(f"without {DIRECTORY} it trusts nobody; ./icebox start lays it")
    return Trust({file.name: file for file in parse(listed.stdout)})


def parse(listing: str) -> Iterator[TrustFile]:
    """Files in the form that ``read`` asks for: a line ``=== NAME MODE``, then the content."""
    for part in listing.split(_MARK)[1:]:
        head, _, text = part.partition("\n")
        name, mode = head.split()
        yield TrustFile(name, int(mode, 8), text)


@dataclass(frozen=True)
class Trust:
    """The files by name."""

    files: Mapping[str, TrustFile]

    @cached_property
    def authorities(self) -> tuple[x509.Certificate, ...]:
        """CAs that can be read, in the files' order."""
        return tuple(x509.load_pem_x509_certificate(file.text.encode()) for file in self._of(".0"))

    def authority(self, name: x509.Name) -> x509.Certificate | None:
        return next((each for each in self.authorities if each.subject == name), None)

    def revocations(self, name: x509.Name) -> x509.CertificateRevocationList | None:
        """The CRL of a CA."""
        file = self.files.get(f"{subject_hash(name)}.r0")
        return x509.load_pem_x509_crl(file.text.encode()) if file else None

    def faults(self, now: datetime, until: datetime) -> Iterator[str]:
        """All that keeps a grid service from trusting certificates by this directory until ``until``."""
        if not self._of(".0"):
            yield "there is no CA"
        for file in self.files.values():
            if file.mode & 0o444 != 0o444:
                yield f"{file.name} can't be read by everyone (mode {file.mode:o})"
        for file in self._of(".0"):
            try:
                authority = x509.load_pem_x509_certificate(file.text.encode())
            except ValueError:
                yield f"{file.name} is no certificate"
            else:
                yield from self._faults_of(file.name.removesuffix(".0"), authority, now, until)

    def _of(self, ending: str) -> list[TrustFile]:
        return [file for name, file in self.files.items() if name.endswith(ending)]

    def _faults_of(
        self, stem: str, authority: x509.Certificate, now: datetime, until: datetime
    ) -> Iterator[str]:
        who = dn(authority.subject)
        if stem != (right := subject_hash(authority.subject)):
            yield f"{stem}.0 holds {who}, which is looked for as {right}.0"
        if authority.not_valid_after_utc < until:
            yield f"the CA {who} ends on {authority.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        yield from self._policy_faults(stem, who)
        yield from self._revocation_faults(stem, authority, now, until)

    def _policy_faults(self, stem: str, who: str) -> Iterator[str]:
        policy = self.files.get(f"{stem}.signing_policy")
        if policy is None:
            yield f"{stem}.signing_policy is missing"
        elif who not in _POLICY_CA.findall(policy.text):
            yield f"{policy.name} is not about {who}"

    def may_sign(self, authority: x509.Name, subject: x509.Name) -> bool:
        """Whether the signing policy lets a CA sign a name (EACL syntax of Globus)."""
        policy = self.files.get(f"{subject_hash(authority)}.signing_policy")
        patterns = " ".join(_POLICY_SUBJECTS.findall(policy.text)) if policy else ""
        return any(fnmatch.fnmatchcase(dn(subject), each) for each in re.findall(r'"([^"]+)"', patterns))

    def _revocation_faults(
        self, stem: str, authority: x509.Certificate, now: datetime, until: datetime
    ) -> Iterator[str]:
        file = self.files.get(f"{stem}.r0")
        if file is None:
            yield f"the CRL {stem}.r0 is missing"
            return
        try:
            revocations = x509.load_pem_x509_crl(file.text.encode())
        except ValueError:
            yield f"{file.name} is no CRL"
            return
        if not revocations.is_signature_valid(authority.public_key()):  # type: ignore[arg-type]
            yield f"{file.name} is not signed by {dn(authority.subject)}"
        if revocations.last_update_utc > now:
            yield f"{file.name} is valid only from {revocations.last_update_utc:%Y-%m-%d %H:%M} UTC on"
        end = revocations.next_update_utc
        if end is not None and end < until:
            when = "ended" if end <= now else "ends"
            yield f"{file.name} {when} on {end:%Y-%m-%d %H:%M} UTC"
