"""A top BDII: the resource BDIIs of the site, re-rooted below the site's name."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from gridinfo.command import output
from gridinfo.ldif import Directory, key, parse
from gridinfo.ready import is_ready

RESOURCE = "mds-vo-name=resource,o=grid"
KEEP_SECONDS = 10.0
"""How long records of a BDII that stopped answering are kept, so that a restart doesn't show as a gap."""

Settings = Mapping[str, Any]

_last_seen: dict[str, tuple[float, Directory]] = {}
_whole: dict[str, bool] = {}


def provide(settings: Settings) -> Directory:
    """Records of every BDII named in ``settings["top"]["sources"]``."""
    sources = settings["top"]["sources"]
    for host in sources:
        # Asked before its records are read: so what is read then is all of them.
        _whole[host] = _whole.get(host, False) or is_ready(host, settings["ready_port"])
    return merge(_read(host, time.monotonic()) for host in sources)


def complete() -> bool:
    """Whether every source has been read since it was complete itself."""
    return all(whole and host in _last_seen for host, whole in _whole.items())


def _read(host: str, now: float) -> Directory:
    """What the resource BDII on ``host`` publishes, DNs without its suffix."""
    text = output(("ldapsearch", "-x", "-LLL", "-o", "ldif_wrap=no", "-o", "nettimeout=1", "-l", "2",
                   "-H", f"ldap://{host}:2170", "-b", RESOURCE))  # fmt: skip
    if text is not None:
        _last_seen[host] = (now, relative(parse(text)))
    seen, records = _last_seen.get(host, (now - KEEP_SECONDS, {}))
    return records if now - seen < KEEP_SECONDS else {}


def relative(records: Directory) -> Directory:
    """The records below RESOURCE with their DNs relative to it, RESOURCE itself left out."""
    suffix = f",{RESOURCE}"
    return {dn[: -len(suffix)]: attributes for dn, attributes in records.items() if key(dn).endswith(suffix)}


def merge(sources: Iterable[Directory]) -> Directory:
    merged: Directory = {}
    for records in sources:
        merged |= records
    return merged
