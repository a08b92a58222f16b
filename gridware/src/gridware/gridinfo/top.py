"""A top BDII: the resource BDIIs of the site, re-rooted below the site's name."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from gridware.gridinfo.command import output
from gridware.gridinfo.ldif import Directory, key, parse
from gridware.gridinfo.ready import answers, ask
from gridware.pace import longer

RESOURCE = "mds-vo-name=resource,o=grid"
KEEP_SECONDS = 10.0
"""How long records of a BDII that stopped answering are kept, so that a restart doesn't show as a gap."""
PORT = 2170

Settings = Mapping[str, Any]


class Source:
    """A resource BDII, and what it was last seen to publish."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.whole = False
        """Whether its records were complete when they were read, or before."""
        self._records: Directory = {}
        self._seen: float | None = None
        self._word = ""

    @property
    def complete(self) -> bool:
        return self.whole and self._seen is not None

    def look(self, ready_port: int, now: float) -> Directory:
        """What it publishes, DNs without its suffix; read anew only if it may differ from what was read."""
        # Asked before the records are read: so what is read then is all of them, and as new as the word.
        word = ask(self.host, ready_port)
        self.whole = self.whole or bool(word)
        if word and word == self._word and answers(self.host, PORT):
            self._seen = now
        else:
            self._read(word, now)
        return self._records if self._seen is not None and now - self._seen < longer(KEEP_SECONDS) else {}

    def _read(self, word: str, now: float) -> None:
        times = ("-o", f"nettimeout={longer(1):.0f}", "-l", f"{longer(2):.0f}")
        text = output(("/usr/bin/ldapsearch", "-x", "-LLL", "-o", "ldif_wrap=no", *times,
                       "-H", f"ldap://{self.host}:{PORT}", "-b", RESOURCE))  # fmt: skip
        self._word = "" if text is None else word
        if text is not None:
            self._records, self._seen = relative(parse(text)), now


_sources: dict[str, Source] = {}


def provide(settings: Settings) -> Directory:
    """Records of every BDII named in ``settings["top"]["sources"]``."""
    for host in settings["top"]["sources"]:
        _sources.setdefault(host, Source(host))
    return merge(each.look(settings["ready_port"], time.monotonic()) for each in _sources.values())


def complete() -> bool:
    """Whether every source has been read since it was complete itself."""
    return all(each.complete for each in _sources.values())


def relative(records: Directory) -> Directory:
    """The records below RESOURCE with their DNs relative to it, RESOURCE itself left out."""
    suffix = f",{RESOURCE}"
    return {dn[: -len(suffix)]: attributes for dn, attributes in records.items() if key(dn).endswith(suffix)}


def merge(sources: Iterable[Directory]) -> Directory:
    merged: Directory = {}
    for records in sources:
        merged |= records
    return merged
