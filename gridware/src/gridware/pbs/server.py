"""The server's name and the job ids made of it: ``12.xencenode.sytes.net``."""

from __future__ import annotations

import os

from gridware.pbs import numbers
from gridware.pbs.errors import UNKNOWN_HOST, PbsError, no_server

NAME_FILE = "/var/spool/torque/server_name"


def name() -> str:
    """The server of this node, from Torque's own file.

    ``PBS_DEFAULT`` may ask for another one, as in Torque; there is none, so that is an error.
    """
    try:
        with open(NAME_FILE, encoding="utf-8") as file:
            server = file.read().strip()
    except OSError as error:
        raise PbsError(
            f"No default server name - check server_name file {NAME_FILE}: {error.strerror}"
        ) from error
    check(server, os.environ.get("PBS_DEFAULT", ""))
    return server


def check(server: str, asked: str) -> None:
    """Refuse a server that is not this one; its short name will do, a port is ignored."""
    if asked and asked.partition(":")[0] not in (server, short(server)):
        raise no_server(asked, UNKNOWN_HOST, "Access from host not allowed, or unknown host")


def short(server: str) -> str:
    return server.partition(".")[0]


def number_of(word: str, server: str) -> tuple[str, str | None]:
    """Job number and array index in ``12``, ``12.ce``, ``12.ce.domain``, ``12.ce@ce``, ``12[3].ce``.

    The index is None for a plain job and "" for a whole array (``12[]``).
    """
    ident, _, at = word.partition("@")
    head, _, host = ident.partition(".")
    number, bracket, index = head.partition("[")
    closed = index.endswith("]") and (index == "]" or numbers.is_whole(index[:-1]))
    if not numbers.is_whole(number) or (bracket and not closed):
        raise PbsError(f"illegally formed job identifier: {word}")
    check(server, at)
    check(server, host)
    return number, index[:-1] if bracket else None
