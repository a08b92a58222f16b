"""What goes wrong on the UI, with the codes of the gLite UI."""

from __future__ import annotations

import sys

TITLES = {
    "API_NATIVE_ERROR": "Service Error",
    "LB_API_ERROR": "LB Error",
    "NS_JOB_CANCEL_NOT_ALLOWED": "Cancel not allowed",
    "NS_JOB_OUTPUT_NOT_ALLOWED": "Output not allowed",
    "NS_JOB_OUTPUT_NOT_READY": "Output not yet ready",
    "NS_JOB_OUTPUT_RETRIEVED": "Output files already retrieved",
    "NS_LIST_JOB_MATCH_FAIL": "Match-making failed",
    "NS_NOT_AVAILABLE": "Connection failed",
    "NS_PERUSAL_NOT_ALLOWED": "Perusal not allowed",
    "NS_SUBMIT_FAIL": "Submission failed",
    "UI_CONFIG_ERROR": "Configuration error",
    "UI_CREATE_DIR": "Directory creation failed",
    "UI_FILE_NOT_FOUND": "File i/o error",
    "UI_JDL_ERROR": "Wrong JDL",
    "UI_JDL_NOT_CHKPT": "No saved state",
    "UI_JDL_NOT_LISTENER": "Attachment not allowed",
    "UI_NO_NS_CONTACT": "Unable to contact any Network Server",
    "UI_NO_VOMS": "Virtual Organisation unknown",
    "UI_PROXY_DURATION": "Proxy validity too short",
    "UI_PROXY_EXPIRED": "Proxy certificate expired",
    "UI_PROXY_NOT_FOUND": "Proxy certificate not found",
    "UI_PROXY_OUTDATED": "Proxy certificate of a kind that is let in nowhere",
    "UI_UNKNOWN_LRMS": "Unknown LRMS",
    "UI_USAGE": "Wrong usage",
    "UI_WRONG_JOBID_FORMAT": "Wrong job identifier",
    "UI_WRONG_RESOURCE_ID": "Wrong CE identifier",
}
"""How the C++ commands head an error of each code."""


class UiError(Exception):
    """A command can't do what it was asked."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class UsageError(UiError):
    """A command line that makes no sense."""

    def __init__(self, text: str) -> None:
        super().__init__("UI_USAGE", text)


def known() -> tuple[type[Exception], ...]:
    """Errors with ``code`` and ``text``: the UI's, and the broker's if it was talked to at all."""
    transport = sys.modules.get("gridware.wms.transport")
    return (UiError, transport.BrokerError) if transport else (UiError,)


def shown(error: Exception, old: bool) -> str:
    """An error as the old (python) and the new (C++) commands show it."""
    return _framed("Error", error, old)


def warning(code: str, text: str, old: bool) -> str:
    return _framed("Warning", UiError(code, text), old)


def _framed(word: str, error: Exception, old: bool) -> str:
    code, text = getattr(error, "code", "API_NATIVE_ERROR"), getattr(error, "text", str(error))
    if old:
        return f"\n**** {word}: {code} ****  \n{text}\n"
    return f"\n{word} - {TITLES.get(code, code)}\n{text}\n"
