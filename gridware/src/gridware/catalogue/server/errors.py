"""What the catalogue says when it can't do what it was asked."""

from __future__ import annotations


class CatalogueError(Exception):
    """A refusal: ``code`` is an errno's name, ``subject`` the path, GUID or SURL it is about."""

    def __init__(self, code: str, subject: str = "", reason: str = "") -> None:
        super().__init__(f"{subject}: {code} {reason}".strip())
        self.code, self.subject, self.reason = code, subject, reason


class NoAccessError(CatalogueError):
    """The caller is nobody whom this catalogue serves."""

    def __init__(self, reason: str) -> None:
        super().__init__("EACCES", "", reason)
