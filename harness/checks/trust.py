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
from harness.pki.names import to_slash
from harness.pki.trust import ENDINGS, subject_hash, subject_hash_old

DIRECTORY = "/etc/grid-security/certificates"
_MARK = "=== "
_LIST = (
    f"cd {DIRECTORY} && for f in {' '.join(f'*.{each}' for each in ENDINGS)}; do "
    f'[ -e "$f" ] && echo "{_MARK}$f $(stat -L -c %a "$f")" && cat "$f"; done; true'
)
_POLICY_CA = re.compile(r"^\s*access_id_CA\s+X509\s+'([^']+)'", re.MULTILINE)
_NAMESPACES_CA = re.compile(r'^\s*TO\s+Issuer\s+"([^"]+)"', re.MULTILINE | re.IGNORECASE)
_POLICY_SUBJECTS = re.compile(r"^\s*cond_subjects\s+globus\s+'([^']+)'", re.MULTILINE)


_WORDS = {
    "0": "the certificate",
    "r0": "the CRL",
    "signing_policy": "the signing policy",
    "namespaces": "the namespaces",
}


@dataclass(frozen=True)
class TrustFile:
    """One file of the directory."""

    name: str
    mode: int
    text: str


def read(shell: Shell) -> Trust:
    """The directory of a machine; raises CommandFailed if there is none."""
    listed = shell.run(_LIST).expect_success(f"./icebox stop and ./icebox start lay {DIRECTORY} anew")
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
            # What lies there under other names, as a copy that somebody kept, is read by nobody.
            if file.name.rpartition(".")[2] in ENDINGS and file.mode & 0o444 != 0o444:
                yield f"{file.name} can't be read by everyone (mode {file.mode:o})"
        seen: set[x509.Name] = set()
        for file in self._of(".0"):
            try:
                authority = x509.load_pem_x509_certificate(file.text.encode())
            except ValueError:
                yield f"{file.name} is no certificate"
                continue
            yield from _misnamed(file, authority.subject)
            if authority.subject not in seen:
                seen.add(authority.subject)
                yield from self._faults_of(authority, now, until)

    def _of(self, ending: str) -> list[TrustFile]:
        return [file for name, file in self.files.items() if name.endswith(ending)]

    def _faults_of(self, authority: x509.Certificate, now: datetime, until: datetime) -> Iterator[str]:
        ca = authority.subject
        stem, old, who = subject_hash(ca), subject_hash_old(ca), to_slash(ca)
        for ending in ENDINGS:
            file = self.files.get(f"{stem}.{ending}")
            other = self.files.get(f"{old}.{ending}")
            if file is None:
                yield f"{stem}.{ending}, {_WORDS[ending]} of {who}, is missing"
            if other is None:
                yield f"{old}.{ending}, by which Java clients look for {_WORDS[ending]} of {who}, is missing"
            elif file is not None and other.text != file.text:
                yield f"{old}.{ending} is not the same as {file.name}"
        if authority.not_valid_after_utc < until:
            yield f"the CA {who} ends on {authority.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        for ending, about in (("signing_policy", _POLICY_CA), ("namespaces", _NAMESPACES_CA)):
            file = self.files.get(f"{stem}.{ending}")
            if file is not None and who not in about.findall(file.text):
                yield f"{file.name} is not about {who}"
        crl = self.files.get(f"{stem}.r0")
        if crl is not None:
            yield from _revocation_faults(crl, authority, now, until)

    def may_sign(self, authority: x509.Name, subject: x509.Name) -> bool:
        """Whether the signing policy lets a CA sign a name (EACL syntax of Globus)."""
        policy = self.files.get(f"{subject_hash(authority)}.signing_policy")
        patterns = " ".join(_POLICY_SUBJECTS.findall(policy.text)) if policy else ""
        who = to_slash(subject)
        return any(fnmatch.fnmatchcase(who, each) for each in re.findall(r'"([^"]+)"', patterns))


def _misnamed(file: TrustFile, ca: x509.Name) -> Iterator[str]:
    """A problem if nobody looks for the CA of this name in this file."""
    right, old = subject_hash(ca), subject_hash_old(ca)
    if file.name.removesuffix(".0") not in (right, old):
        yield f"{file.name} holds {to_slash(ca)}, which is looked for as {right}.0 and {old}.0"


def _revocation_faults(
    file: TrustFile, authority: x509.Certificate, now: datetime, until: datetime
) -> Iterator[str]:
    try:
        revocations = x509.load_pem_x509_crl(file.text.encode())
    except ValueError:
        yield f"{file.name} is no CRL"
        return
    if not revocations.is_signature_valid(authority.public_key()):  # type: ignore[arg-type]
        yield f"{file.name} is not signed by {to_slash(authority.subject)}"
    if revocations.last_update_utc > now:
        yield f"{file.name} is valid only from {revocations.last_update_utc:%Y-%m-%d %H:%M} UTC on"
    end = revocations.next_update_utc
    if end is not None and end < until:
        when = "ended" if end <= now else "ends"
        yield f"{file.name} {when} on {end:%Y-%m-%d %H:%M} UTC"
