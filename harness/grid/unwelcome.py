"""Credentials that must be refused, in the hands of a student on the UI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.grid.refusal import Flaw
from harness.pki.authority import Authority
from harness.pki.unwanted import Unwanted

if TYPE_CHECKING:
    from harness.access.shell import Shell
    from harness.box.box import Box
    from harness.pki.credential import Credential


PROXIES = (Flaw.REVOKED, Flaw.UNKNOWN_CA, Flaw.STRANGER)
"""Flaws with which the client still makes a proxy."""


@dataclass(frozen=True)
class Unwelcome:
    """Unwanted credentials of every kind in a private ``directory`` of the student behind ``shell``."""

    shell: Shell
    directory: str

    @classmethod
    def lay_out(cls, box: Box) -> Self:
        """Place them, with a proxy of each from which one can be made."""
        first, days = box.site.students[0], box.site.school_days
        shell = box.student(first)
        made = cls(shell, shell.run("mktemp -d").check().stdout.strip())
        authority = Authority.open(box.files.pki, days=days)
        unwanted = Unwanted.open(authority, box.files.top / "stranger", days=days, member=first.common_name)
        made._place(Flaw.EXPIRED, unwanted.expired)
        made._place(Flaw.REVOKED, unwanted.revoked)
        made._place(Flaw.UNKNOWN_CA, unwanted.unknown_ca)
        made._place(Flaw.STRANGER, unwanted.unregistered)
        for flaw in PROXIES:
            shell.run(f"{made.making(flaw)} grid-proxy-init -q").check()
        made._get_round_the_crl(box.site.vo)
        return made

    def remove(self) -> None:
        self.shell.run(["rm", "-rf", self.directory]).check()

    def files(self, flaw: Flaw) -> tuple[str, str]:
        """Certificate and key; of no proxy, files that do not exist."""
        return f"{self.directory}/{flaw.name}.cert", f"{self.directory}/{flaw.name}.key"

    def proxy(self, flaw: Flaw) -> str:
        return f"{self.directory}/{flaw.name}.proxy"

    def making(self, flaw: Flaw, proxy: str = "") -> str:
        """Variables with which ``proxy``, or the flaw's own, is made from certificate and key."""
        certificate, key = self.files(flaw)
        proxy = proxy or self.proxy(flaw)
        return f"X509_USER_CERT={certificate} X509_USER_KEY={key} X509_USER_PROXY={proxy}"

    def using(self, flaw: Flaw) -> str:
        """Variables with which grid commands show the proxy; certificate and key, if there is no proxy.

        Never both: Globus takes a certificate named in the environment for a host's, and prefers it.
        """
        return f"X509_USER_PROXY={self.proxy(flaw)}" if flaw in PROXIES else self.making(flaw)

    def _place(self, flaw: Flaw, credential: Credential) -> None:
        certificate, key = self.files(flaw)
        self.shell.put(certificate, credential.cert_pem, 0o600)
        self.shell.put(key, credential.key_pem, 0o400)

    def _get_round_the_crl(self, vo: str) -> None:
        """The cunning way: with a CA directory of one's own, without a CRL, voms-proxy-init keeps the AC.

        That it succeeds is not asked for: a VO server that refuses a revoked member is better still.
        """
        own, proxy = f"{self.directory}/certificates", f"{self.directory}/cunning.proxy"
        self.shell.run(f"cp -r /etc/grid-security/certificates {own} && rm -f {own}/*.r0").check()
        made = f"X509_CERT_DIR={own} {self.making(Flaw.REVOKED, proxy)} voms-proxy-init -quiet -voms {vo}"
        self.shell.run(f"{made} && mv {proxy} {self.proxy(Flaw.REVOKED)}")
