"""What an exception says: is the box broken, is the harness broken, or was the check kept from running?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

import pytest

from harness.errors import CheckFailed, IceboxError
from harness.report.verdict import Outcome

LONGEST = 4000
"""Characters of a message that are kept; the whole text is in the Allure report."""

_BLOCKED = re.compile(r"blocked by (?P<by>[^\s:]+)(?::\s*(?P<why>.*))?", re.DOTALL)
_DOING = {"setup": "preparing", "call": "running", "teardown": "cleaning up after"}


@dataclass(frozen=True)
class Cause:
    """Why a check did not pass."""

    outcome: Outcome
    message: str
    remedy: str = ""
    blocked_by: str = ""


def block(by: str, why: str = "") -> NoReturn:
    """End the running check as blocked by ``by``: the id of a check or finding reported already."""
    pytest.skip(f"blocked by {by}: {why}" if why else f"blocked by {by}")


def classify(error: BaseException, when: str) -> Cause:
    """Tell a broken box from a broken harness.

    ``when`` is the phase of the test: ``setup``, ``call`` or ``teardown``.  The box is broken if a
    CheckFailed was raised in any phase, or an assertion of the test itself failed.  An assertion in a
    fixture, and every other exception, says that the harness failed.  A skip that does not say what it is
    blocked by was not foreseen, so it counts as unknown too: a check is never left out in silence.
    """
    if isinstance(error, pytest.skip.Exception):
        return _skipped(str(error.msg))
    failure = _failure(error, when)
    if failure is not None:
        return Cause(Outcome.FAILED, _plain(failure), _remedy(failure))
    doing = _DOING.get(when, "running")
    return Cause(
        Outcome.UNKNOWN, f"the harness failed while {doing} this check: {_named(error)}", _remedy(error)
    )


def _skipped(reason: str) -> Cause:
    match = _BLOCKED.match(reason)
    if match is None:
        return Cause(Outcome.UNKNOWN, f"was not run: {reason}" if reason else "was not run")
    return Cause(Outcome.BLOCKED, _short(match["why"] or ""), blocked_by=match["by"])


def _failure(error: BaseException, when: str) -> BaseException | None:
    """The exception that shows the box to be broken, also from within a group."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, (_failure(each, when) for each in error.exceptions)), None)
    # pytest.fail is an assertion in other words.
    of_test = isinstance(error, AssertionError | pytest.fail.Exception) and when == "call"
    return error if isinstance(error, CheckFailed) or of_test else None


def _plain(error: BaseException) -> str:
    """The message without the name of the exception."""
    if isinstance(error, IceboxError):
        head = f"{error.where}: {error.what}" if error.where else error.what
        return _short(f"{head}\n{error.why}" if error.why else head)
    return _short(str(error)) or "an assertion failed; the Allure report shows which"


def _named(error: BaseException) -> str:
    if isinstance(error, IceboxError):
        return _plain(error)
    text = _short(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _remedy(error: BaseException) -> str:
    return error.remedy if isinstance(error, IceboxError) else ""


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} […]"
