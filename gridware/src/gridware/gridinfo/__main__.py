"""Keep this node's BDII current: ask each provider in turn, write what changed, sleep."""

import os
import time
import tomllib
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from typing import Any

from gridware.gridinfo import ce, glue2, rhythm, se, site, top
from gridware.gridinfo.directory import Slapd, rooted
from gridware.gridinfo.ldif import Directory
from gridware.gridinfo.ready import Ready

SETTINGS = Path("/etc/gridinfo.toml")
PROVIDERS = {"ce": ce.provide, "se": se.provide, "site": site.provide, "services": site.provide_services,
             "top": top.provide}  # fmt: skip
FIRST = 0.2
"""Seconds between rounds until the records are complete: somebody waits for them."""
COMPLETE = {"ce": ce.complete, "top": top.complete}
SHARE = 0.03
"""Most of a processor this may take: slow rounds, as over a large storage area, become rarer."""


def main() -> None:
    settings: dict[str, Any] = tomllib.loads(SETTINGS.read_text())
    try:
        _serve(settings)
    except (CalledProcessError, TimeoutExpired) as error:
        # systemd starts us again, and the next start begins by reading what slapd holds.
        raise SystemExit(f"{error}: {error.stderr!r}") from None


def _serve(settings: dict[str, Any]) -> None:
    slapd, ready = Slapd(), Ready(settings["ready_port"])
    told: Directory = {}
    everything: Directory = {}
    while True:
        before = _processor_seconds()
        records = _records(settings)
        if records != told:
            told, everything = records, _everything(settings, records)
        slapd.publish(everything)
        ready.look(_complete(settings), slapd.word)
        used = _processor_seconds() - before
        pause = max(settings["interval"], used / SHARE) if ready.open else FIRST
        rhythm.told(settings["interval"], pause)
        time.sleep(pause)


def _everything(settings: dict[str, Any], records: Directory) -> Directory:
    """The records, and GLUE 2's of the same, from the roots down."""
    later = glue2.translate(settings["site"], records)
    return {**rooted(records, settings["suffix"]), **rooted(later, settings["glue2_suffix"])}


def _complete(settings: dict[str, Any]) -> bool:
    """Whether the records of this round came from everything that they are made of."""
    return all(COMPLETE[name]() for name in settings["providers"] if name in COMPLETE)


def _processor_seconds() -> float:
    """Used by this process and the commands it ran."""
    return sum(os.times()[:4])


def _records(settings: dict[str, Any]) -> Directory:
    found: Directory = {}
    for name in settings["providers"]:
        found |= PROVIDERS[name](settings)
    return found


if __name__ == "__main__":
    main()
