"""The BDII's slapd on this node, written through its local socket."""

import os
import subprocess
import time
from contextlib import suppress

from gridware.gridinfo.ldif import Directory, changes, entry, parse
from gridware.pace import longer

SOCKET = "ldapi://%2Frun%2Fbdii%2Fldapi"
_LOGIN = ("-Q", "-Y", "EXTERNAL", "-H", SOCKET)
_SECONDS = 10
_SOCKET_PATH = "/run/bdii/ldapi"
_TOLD = "/run/bdii/told"
"""Is there once slapd was told anything: systemd makes the directory anew with each start of slapd."""


def _start_of_slapd() -> int:
    """Differs for each start of slapd, which makes its socket anew; 0 while there is none."""
    try:
        return os.stat(_SOCKET_PATH).st_ctime_ns
    except FileNotFoundError:
        return 0


class Slapd:
    """Knows what it last wrote, so that a round in which nothing changed costs nothing."""

    def __init__(self) -> None:
        self._written: Directory = {}
        self._start = 0
        self.word = ""
        """Differs whenever the directory does, from those of earlier processes, too."""

    def publish(self, records: Directory) -> None:
        """Make the directory hold exactly ``records``.

        Raises CalledProcessError if slapd isn't there or refuses a change, TimeoutExpired if it is stuck.
        """
        start = _start_of_slapd()
        if start != self._start or not start:
            self._written, self._start = self._read() if os.path.exists(_TOLD) else {}, start
            self.word = str(time.time_ns())
        if records == self._written:
            return
        change = changes(self._written, records)
        if change:
            with suppress(FileExistsError, FileNotFoundError):
                os.mknod(_TOLD)
            _run(("ldapmodify", *_LOGIN), change)
            self.word = str(time.time_ns())
        self._written = records

    @staticmethod
    def _read() -> Directory:
        found: Directory = {}
        for base in ("o=grid", "o=glue"):
            search = ("/usr/bin/ldapsearch", *_LOGIN, "-LLL", "-o", "ldif_wrap=no", "-b", base)
            found |= parse(_run(search, "", accept=(0, 32)))
        return found


def _run(command: tuple[str, ...], text: str, accept: tuple[int, ...] = (0,)) -> str:
    """``accept`` holds good exit codes: 32 is "no such object", an empty directory."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=longer(_SECONDS))
    if done.returncode not in accept:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def rooted(records: Directory, below: str) -> Directory:
    """``records`` below the suffix ``below``, with the entries that lead there from its root."""
    return {**_path(below), **{f"{dn},{below}": attributes for dn, attributes in records.items()}}


_CLASSES = {
    "o": ["organization"],
    "GLUE2GroupID": ["GLUE2Group"],
    "GLUE2DomainID": ["GLUE2Entity", "GLUE2Domain", "GLUE2AdminDomain"],
}


def _path(suffix: str) -> Directory:
    """Entries for a suffix such as ``mds-vo-name=resource,o=grid``, from the root down."""
    steps = suffix.split(",")
    found: Directory = {}
    for index in range(len(steps) - 1, -1, -1):
        name, _, value = steps[index].partition("=")
        found[",".join(steps[index:])] = entry(_CLASSES.get(name, ["MDS"]), **{name: value})
    return found
