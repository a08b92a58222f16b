"""Which jobs and events of many are meant: by times, states, tags."""

from __future__ import annotations

import time

from gridware.jdl.ad import Ad, Value
from gridware.jdl.syntax import parse
from gridware.pattern import pattern
from gridware.wms.errors import UsageError
from gridware.wms.options import Call
from gridware.wms.records import JobStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STATES = (
    *("Undefined", "Submitted", "Waiting", "Ready", "Scheduled", "Running"),
    *("Done", "Cleared", "Aborted", "Cancelled", "Unknown", "Purged"),
)
_TIME = pattern(r"(?:(\d\d?):(\d\d?):)?(\d\d?):(\d\d)(?::(\d\d(?:\d\d)?))?")


def moment(text: str, option: str) -> float:
    """``[MM:DD:]hh:mm[:[CC]YY]`` in epoch seconds, today and this year where it leaves them out."""
    match = _TIME.fullmatch(text)
    today = time.localtime()
    if match is not None:
        month, day, hour, minute, year = match.groups()
        full = today.tm_year if year is None else int(year) + (2000 if len(year) == 2 else 0)
        parts = (full, int(month or today.tm_mon), int(day or today.tm_mday), int(hour), int(minute))
        try:
            return time.mktime(time.strptime(" ".join(map(str, parts)), "%Y %m %d %H %M"))
        except ValueError:
            pass
    raise UsageError(f"--{option}: {text!r} is no time of the form [MM:DD:]hh:mm[:[CC]YY]")


CHOICES = ("from", "to", "user-tag", "status", "exclude")
"""Options that say which of all jobs are meant."""


def fits(call: Call) -> Callable[[JobStatus], bool]:
    """Whether a job is one of those that the CHOICES leave."""
    when, state, tag = period(call), states(call), tagged(call)
    return lambda job: when(job.submitted) and state(job.state) and tag(job)


def period(call: Call) -> Callable[[float | None], bool]:
    """Whether a time lies between --from and --to; a time that is not known does."""
    start = moment(call.get("from"), "from") if call.has("from") else float("-inf")
    end = moment(call.get("to"), "to") if call.has("to") else float("inf")
    if start > end:
        raise UsageError("--from lies after --to")
    return lambda when: when is None or start <= when <= end


def states(call: Call) -> Callable[[str], bool]:
    """Whether a state is one that --status and --exclude leave."""
    wanted = {_state(word) for word in call.repeated.get("status", ())}
    unwanted = {_state(word) for word in call.repeated.get("exclude", ())}
    if wanted and unwanted:
        raise UsageError("--status and --exclude exclude each other")
    return lambda state: state in (wanted or {state}) and state not in unwanted


def tagged(call: Call) -> Callable[[JobStatus], bool]:
    """Whether a job's UserTags hold everything that --user-tag asks."""
    wanted: dict[str, str] = {}
    for text in call.repeated.get("user-tag", ()):
        name, equals, value = text.partition("=")
        if not (equals and name):
            raise UsageError("--user-tag is of the form NAME=VALUE")
        if wanted.setdefault(name.lower(), value) != value:
            raise UsageError(f"--user-tag: {name} can't have two values")
    return lambda job: not wanted or wanted.items() <= _tags(job).items()


def _tags(job: JobStatus) -> dict[str, str]:
    """A job's UserTags; names know no case."""
    text = str((job.attributes or {}).get("Jdl") or "")
    tags = parse(text).content("UserTags") if text else None
    if not isinstance(tags, Ad):
        return {}
    return {each.name.lower(): _plain(each.value) for each in tags}


def _plain(value: Value) -> str:
    if isinstance(value.content, str):
        return value.content
    # A text in single quotes is a name to ClassAds; whoever writes a tag so means a text.
    return value.text[1:-1] if value.text[:1] == value.text[-1:] == "'" else str(value)


def _state(word: str) -> str:
    """A state by its name, in any case, or by its number."""
    if word.isdigit() and int(word) < len(STATES):
        return STATES[int(word)]
    for state in STATES:
        if state.lower() == word.lower():
            return state
    raise UsageError(f"{word!r} is no state of a job; {', '.join(STATES[1:])} are")
