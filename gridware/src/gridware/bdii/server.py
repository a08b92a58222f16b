"""A BDII and how it is asked: anonymous LDAP searches through OpenLDAP's ``ldapsearch``."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterable, Sequence

from gridware.ldif import Entry, parse
from gridware.pace import longer

PORT = 2170
CONNECT_SECONDS = 5
SEARCH_SECONDS = 60

_OK, _SIZE_LIMIT, _NO_SUCH_OBJECT = 0, 4, 32


class BdiiError(Exception):
    """A BDII could not be asked or refused the question."""


class UnreachableError(BdiiError):
    """No connection to any of the BDIIs."""


class Bdii:
    """The first of several BDIIs that answers; asked again, the same one is used."""

    def __init__(self, addresses: Sequence[str], base: str = "o=grid", seconds: float = 0) -> None:
        """``addresses`` are ``host`` or ``host:port``, also as URLs (``ldap://host``).

        ``seconds`` to connect to one; 0 for the usual.
        """
        self._addresses = [with_port(address) for address in addresses]
        self.base = base
        self._seconds = max(1, round(seconds or longer(CONNECT_SECONDS)))

    def search(self, query: str, attributes: Iterable[str] = ()) -> list[Entry]:
        """The entries below the base that match an LDAP filter, in the server's order.

        Raises UnreachableError if no BDII answers, BdiiError for any other failure; a base that does not
        exist has no entries.
        """
        failures = []
        for address in list(self._addresses):
            try:
                entries = _search(address, self.base, query, attributes, self._seconds)
            except UnreachableError as error:
                failures.append(str(error))
            else:
                self._addresses = [address]
                return entries
        raise UnreachableError("; ".join(failures))


def addresses_of(variable: str) -> list[str]:
    """The addresses in a list like ``LCG_GFAL_INFOSYS``: ``host:port[,host:port...]``."""
    return [word.strip() for word in variable.split(",") if word.strip()]


def with_port(address: str) -> str:
    """``host:port``, with the BDII's own port if there is none; also of a URL."""
    address = address.removeprefix("ldap://").partition("/")[0]
    return address if ":" in address else f"{address}:{PORT}"


def literal(text: str) -> str:
    """``text`` as a value in an LDAP filter (RFC 4515): no character of it has a meaning there."""
    return "".join(f"\\{ord(char):02x}" if char in "\\*()\0" else char for char in text)


def _search(address: str, base: str, query: str, attributes: Iterable[str], seconds: int) -> list[Entry]:
    command = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-o", f"nettimeout={seconds}"]
    limit = round(longer(SEARCH_SECONDS))
    command += ["-l", str(limit), "-H", f"ldap://{address}", "-b", base, query, *attributes]
    # A student's own ldaprc must not change what is asked.
    environment = {**os.environ, "LDAPNOINIT": "1", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds + limit,
            check=False,
        )
    except FileNotFoundError:
        raise BdiiError("the command ldapsearch is missing (Debian package ldap-utils)") from None
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"ldap://{address}: no answer within {limit} s") from None
    if done.returncode in (_OK, _SIZE_LIMIT):
        return parse(done.stdout)
    if done.returncode == _NO_SUCH_OBJECT:
        return []
    reason = _first_line(done.stderr) or f"ldapsearch ended with {done.returncode}"
    if "Can't contact LDAP server" in done.stderr:
        raise UnreachableError(f"ldap://{address}: {reason}{_why_unreachable(address)}")
    raise BdiiError(f"ldap://{address}: {reason}")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _why_unreachable(address: str) -> str:
    """What ldapsearch keeps to itself: no such name, refused, or silence."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), longer(CONNECT_SECONDS)).close()
    except ValueError:
        return f" ({port!r} is no port)"
    except OSError as error:
        return f" ({error.strerror or error})"
    return ""
