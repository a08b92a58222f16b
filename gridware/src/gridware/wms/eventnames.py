"""The names of events, as the logging and bookkeeping service of gLite wrote them."""

from __future__ import annotations

_WORDS = (
    "Undefined Transfer Accepted Refused EnQueued DeQueued HelperCall HelperReturn Running Resubmission Done"
    " Cancel Abort Clear Purge Match Pending RegJob Chkpt Listener CurDescr UserTag ChangeACL Notification"
    " ResourceUsage ReallyRunning"
)
_SHOWN = {word.upper(): word for word in _WORDS.split()} | {"UNDEF": "Undefined"}

NAMES = frozenset(_SHOWN) - {"UNDEFINED"}
"""In capitals, as the broker keeps them; commands take them in any case."""


def shown(name: str) -> str:
    """A name for people and their scripts; one that is not known as it is."""
    return _SHOWN.get(name.upper(), name)
