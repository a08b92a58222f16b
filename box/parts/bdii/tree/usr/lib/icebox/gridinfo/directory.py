"""The BDII's slapd on this node, written through its local socket."""

import subprocess

from gridinfo.ldif import Directory, changes, entry, parse

SOCKET = "ldapi://%2Frun%2Fbdii%2Fldapi"
_LOGIN = ("-Q", "-Y", "EXTERNAL", "-H", SOCKET)
_SECONDS = 10


class Slapd:
    """Knows what it last wrote, so that a round in which nothing changed costs nothing."""

    def __init__(self) -> None:
        self._written: Directory = self._read()

    def publish(self, records: Directory) -> None:
        """Make the directory hold exactly ``records``.

        Raises CalledProcessError if slapd refuses a change, TimeoutExpired if it doesn't answer.
        """
        change = changes(self._written, records)
        if change:
            _run(("ldapmodify", *_LOGIN), change)
            self._written = records

    @staticmethod
    def _read() -> Directory:
        return parse(_run(("ldapsearch", *_LOGIN, "-LLL", "-o", "ldif_wrap=no", "-b", "o=grid"), "", accept=(0, 32)))


def _run(command: tuple[str, ...], text: str, accept: tuple[int, ...] = (0,)) -> str:
    """``accept`` holds good exit codes: 32 is "no such object", an empty directory."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode not in accept:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def rooted(records: Directory, below: str) -> Directory:
    """``records`` below the suffix ``below``, with the entries that lead there from o=grid."""
    return {**_path(below), **{f"{dn},{below}": attributes for dn, attributes in records.items()}}


def _path(suffix: str) -> Directory:
    """Entries for a suffix such as ``mds-vo-name=resource,o=grid``, from the root down."""
    steps = suffix.split(",")
    found: Directory = {}
    for index in range(len(steps) - 1, -1, -1):
        name, _, value = steps[index].partition("=")
        kind = {"o": "organization"}.get(name, "MDS")
        found[",".join(steps[index:])] = entry([kind], **{name: value})
    return found
