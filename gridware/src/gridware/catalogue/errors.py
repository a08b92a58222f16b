"""What goes wrong, in the words of strerror as the original commands had them."""

from __future__ import annotations

import errno
import os

_TEXTS = {
    "ECOMM": "Communication error on send",
    "ETIMEDOUT": "Connection timed out",
    "ENSNACT": "Name server not active",
    "SENOSHOST": "Host unknown",
}


class DataError(Exception):
    """A command can't do what it was asked; ``code`` is the name of an errno."""

    hint: str = ""
    """A line for the person at the terminal: what to do about it."""

    def __init__(self, code: str, subject: str = "", reason: str = "", hint: str = "") -> None:
        self.code, self.subject, self.reason, self.hint = code, subject, reason, hint
        super().__init__(": ".join(part for part in (subject, self.text, reason) if part))

    @property
    def text(self) -> str:
        """``File exists`` for EEXIST."""
        return _TEXTS.get(self.code) or os.strerror(getattr(errno, self.code, errno.EIO))


class CatalogueSilentError(DataError):
    """No answer from the catalogue: nobody knows whether it did what it was asked."""


class Interrupted(BaseException):
    """A signal ended the command."""


_CAUSES = (
    (r"No such file or directory|PATH_NOT_FOUND|not a plain file|not found", "ENOENT"),
    (r"530[ -]|Permission denied|PERMISSION_DENIED|not permitted|Gridmap|not authori[sz]ed", "EACCES"),
    (r"File exists|PATH_EXISTS|already exists", "EEXIST"),
    (r"No space left|NO_SPACE|quota", "ENOSPC"),
    (r"Is a directory", "EISDIR"),
    (r"refused", "ECONNREFUSED"),
    (r"timed out|TIMEOUT", "ETIMEDOUT"),
    (r"resolve|unknown host|getaddrinfo|Name or service not known", "SENOSHOST"),
    (r"reset by peer|end-of-file|closed", "ECONNRESET"),
)


def code_of(globus: str) -> str:
    """The errno that fits a text of Globus best; ECOMM for one that says nothing."""
    import re  # nothing goes wrong as a rule

    return next((code for pattern, code in _CAUSES if re.search(pattern, globus, re.IGNORECASE)), "ECOMM")
