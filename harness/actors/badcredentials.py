"""Credentials that must be refused, in the hands of a student on the UI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.access.shell import LOGIN
from harness.pki.authority import Authority
from harness.pki.badcredentials import BadCredentials, Flaw

if TYPE_CHECKING:
    from harness.access.shell import Shell
    from harness.box.box import Box
    from harness.pki.credential import Credential


PROXIES = (Flaw.REVOKED, Flaw.UNKNOWN_CA, Flaw.STRANGER)
"""Flaws with which the client still makes a proxy."""


@dataclass(frozen=True)
class BadCredentialsOnUi:
    """Unwanted credentials of every kind in a private ``directory`` of the student behind ``shell``."""

    shell: Shell
    directory: str

    @classmethod
    def lay_out(cls, box: Box, shell: Shell) -> Self:
        """Place them, with a proxy of each from which one can be made; ``shell`` is the first student's."""
        first, days = box.site.students[0], box.site.school_days
        made = cls(shell, shell.run("mktemp -d").expect_success(LOGIN).stdout.strip())
        authority = Authority.open(box.files.pki, days=days)
        unwanted = BadCredentials.open(
            authority, box.files.top / "stranger", days=days, member=first.common_name
        )
        made._place(Flaw.EXPIRED, unwanted.expired)
        made._place(Flaw.REVOKED, unwanted.revoked)
        made._place(Flaw.UNKNOWN_CA, unwanted.unknown_ca)
        made._place(Flaw.STRANGER, unwanted.unregistered)
        proxies = [f"{made.making(flaw)} grid-proxy-init -q" for flaw in PROXIES]
        shell.run(" && ".join(proxies)).expect_success(LOGIN)
        made._remember_membership(box)
        return made

    def remove(self) -> None:
        self.shell.run(["rm", "-rf", self.directory]).expect_success(LOGIN)

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

    def _remember_membership(self, box: Box) -> None:
        """Put the VO's attributes into the revoked member's proxy, as if got while the certificate was good.

        The VO server gives none any more, so they are signed with its certificate, on its node.
        """
        rb, fqan = box.shell(box.site.rb), f"/{box.site.vo}/Role=NULL/Capability=NULL"
        there = rb.run("mktemp -d").check().stdout.strip()
        try:
            for name, path in zip(("cert", "key"), self.files(Flaw.REVOKED), strict=True):
                rb.put(f"{there}/{name}", self.shell.get(path), 0o400)
            made = f"voms-proxy-fake -rfc -quiet -cert {there}/cert -key {there}/key -out {there}/proxy"
            host = "-hostcert /etc/grid-security/hostcert.pem -hostkey /etc/grid-security/hostkey.pem"
            server = f"-voms {box.site.vo} -fqan {fqan} -uri {box.site.rb.fqdn}:15001"
            rb.run(f"{made} {host} {server}").check()
            self.shell.put(self.proxy(Flaw.REVOKED), rb.get(f"{there}/proxy"), 0o600)
        finally:
            rb.run(["rm", "-rf", there]).check()
