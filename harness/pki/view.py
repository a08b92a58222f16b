"""What the templates of the site layer may ask about certificates: names, never keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.pki import names

if TYPE_CHECKING:
    from harness.pki.authority import Authority
    from harness.site import Node, Student


@dataclass(frozen=True)
class PkiView:
    """The ``pki`` of a template; all DNs in slash form."""

    ca_dn: str

    @classmethod
    def of(cls, authority: Authority) -> PkiView:
        return cls(authority.dn)

    def host_dn(self, node: Node) -> str:
        return names.host_dn(node.fqdn)

    def student_dn(self, student: Student) -> str:
        return names.student_dn(student.common_name)
