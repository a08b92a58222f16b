"""Starting the embedded dynamic DNS service in a place."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness.dns.connection import NameServerConnection, Server
from harness.dns.errors import DnsError
from harness.dns.zone import USER, NameService

if TYPE_CHECKING:
    from harness.dom0.place import Place

_SECONDS = 30.0


def start(service: NameService, place: Place) -> None:
    """Lay the files of ``service`` in ``place``, start it, and see that it answers.

    Raises DnsError with BIND's own words.
    """
    started = place.run(["sh"], stdin=_script(service), timeout=_SECONDS)
    if not started.ok:
        raise _failed(service, place)
    # It goes on without an address that it can't have, and says so in its log alone.
    try:
        with NameServerConnection(
            Server(str(service.address), "name service"), place.open_socket
        ) as conversation:
            conversation.addresses(service.site.domain)
    except DnsError:
        raise _failed(service, place) from None


def _script(service: NameService) -> str:
    """For a shell's standard input, so that the key in it stands in no command line.

    One shell, and no program for a file: each start of one costs more than the file.
    """
    directory = shlex.quote(str(service.directory))
    laid = (f"printf %s {shlex.quote(text)} > {shlex.quote(str(path))}" for path, text in service.files())
    return "\n".join(
        [
            "set -e; umask 077",
            f"install -d -o {USER} -g {USER} -m 0750 {directory}",
            *laid,
            f"chown -R {USER}:{USER} {directory}",
            f"exec {shlex.join(service.command)} < /dev/null",
        ]
    )


def _failed(service: NameService, place: Place) -> DnsError:
    # named tells a person at a terminal nothing; its log and its checker do.
    script = 'named-checkconf "$1"; grep -iE "error|not listen|could not|fail|in use" "$2" | tail -n 5'
    said = place.run(["sh", "-c", script, "why", str(service.configuration), str(service.log)])
    return DnsError(
        "the embedded name service does not start, or answers nobody",
        where=place.name,
        why=said.output.strip() or "it does not say why",
        remedy="see that its address is on an interface there and port 53 is free",
    )
