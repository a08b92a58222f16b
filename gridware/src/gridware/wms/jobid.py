"""Job ids: https://<bookkeeping server>:9000/<22 characters> (gLite LB: 128 bits in URL-safe base64)."""

from __future__ import annotations

import binascii
import os

from gridware.pattern import pattern
from gridware.tuples import NamedTuple
from gridware.wms.errors import UiError
from gridware.wms.wire import BOOKKEEPING

_FORM = pattern(r"https://([A-Za-z0-9.-]+)(?::(\d+))?/([A-Za-z0-9_-]{22})")


class JobId(NamedTuple):
    """A job's name in the whole grid."""

    host: str
    port: int
    unique: str

    @classmethod
    def new(cls, host: str, port: int = BOOKKEEPING) -> JobId:
        return cls(host, port, _url_safe(os.urandom(16)))

    @classmethod
    def parse(cls, text: str) -> JobId | None:
        """None for a text of another form; the port may be missing."""
        match = _FORM.fullmatch(text)
        return cls(match[1], int(match[2] or BOOKKEEPING), match[3]) if match else None

    def __str__(self) -> str:
        return f"https://{self.host}:{self.port}/{self.unique}"


def checked_id(text: str) -> str:
    """With its port, which may be left out; raises UiError for another form."""
    found = JobId.parse(text)
    if found is None:
        why = "The form is https://<host>:<port>/<22 characters>."
        raise UiError("UI_WRONG_JOBID_FORMAT", f"{text} is no job identifier.\n{why}")
    return str(found)


def _url_safe(raw: bytes) -> str:
    """As ``base64.urlsafe_b64encode``, whose module loads ``re``."""
    text = binascii.b2a_base64(raw, newline=False).decode()
    return text.rstrip("=").replace("+", "-").replace("/", "_")
