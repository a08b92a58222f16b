"""What follows when an attempt fails: gLite's RetryCount and ShallowRetryCount."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from gridware.jdl.attributes import whole
from gridware.wms.broker.job import Job
from gridware.wms.broker.settings import Settings
from gridware.wms.matching import parse

_CODE = re.compile(r"error ?code (\d+)")  # "errorcode" where the call back can't be set up
_PREFIX = re.compile(
    r"^((GRAM Job|Initializing GRAM Callback)( submission)? failed because\s*|ERROR:\s*|Error:\s*)+"
)
_TRANSIENT = {3, 10, 12, 62, 76, 79, 94, 110, 158}
"""GRAM errors of a CE that is away or short of something: they pass."""
_ONCE = 7
"""The CE has refused the proxy. Of a member's first two jobs at once one may be refused for nothing: both
want a pool account leased, and LCMAPS's loser gives up. A second try finds the lease."""
_HOPELESS = {131: "Job proxy is expired.", 7: "", 4: ""}
"""GRAM errors that a second try can't help: the proxy is expired, refused, or may not be used there."""


@dataclass(frozen=True)
class Verdict:
    """Try again after ``pause`` seconds, or give up for ``reason``."""

    again: bool
    reason: str
    pause: float = 0
    counted: bool = True


def globus_text(text: str) -> str:
    """GRAM's message as users know it: ``Globus error 12: the connection to the server failed …``."""
    # GRAM writes the ends of the LRMS's lines as \\n.
    clean = " ".join(text.replace("\\n", " ").split())
    plain = _PREFIX.sub("", clean)
    found = _CODE.search(plain)
    if not found:
        return plain
    words = plain[: found.start()].rstrip(" (")
    return f"Globus error {found[1]}: {words}{plain[found.end() :].removeprefix(')')}".rstrip()


def decide(job: Job, reason: str, started: bool, settings: Settings) -> Verdict:
    """What to do with a job whose attempt failed for ``reason``."""
    code = int(found[1]) if (found := re.match(r"Globus error (\d+)", reason)) else 0
    if code == _ONCE and not job.trouble and not started:
        return Verdict(True, reason, settings.retry_pause / 2, counted=False)
    if code in _HOPELESS:
        return Verdict(False, _HOPELESS[code] or f"Got a job held event, reason: {reason}")
    if code in _TRANSIENT and not started:
        if not job.trouble or time.time() - job.trouble < settings.ce_patience:
            return Verdict(True, reason, settings.retry_pause, counted=False)
        return Verdict(False, f"Got a job held event, reason: {reason}")
    deep, shallow = limits(job, settings)
    if started and job.deep < deep:
        return Verdict(True, reason, settings.retry_pause / 2)
    if not started and job.shallow < shallow:
        return Verdict(True, reason, settings.retry_pause / 2)
    if not started and job.deep < deep and shallow < 0:
        return Verdict(True, reason, settings.retry_pause / 2)
    return Verdict(False, _spent(reason, started, deep, shallow))


def limits(job: Job, settings: Settings) -> tuple[int, int]:
    """RetryCount and ShallowRetryCount, within the site's maximum; -1 switches shallow ones off."""
    ad = parse(job.jdl)
    most = settings.max_retries
    return min(whole(ad, "RetryCount"), most), min(whole(ad, "ShallowRetryCount"), most)


def _spent(reason: str, started: bool, deep: int, shallow: int) -> str:
    if started:
        return f"hit job retry count ({deep}): {reason}"
    if shallow > 0:
        return f"hit job shallow retry count ({shallow}): {reason}"
    return reason
