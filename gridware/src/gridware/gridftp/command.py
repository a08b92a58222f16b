"""One edg-gridftp-* command from its command line to its exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from gridware.gridftp.errors import means_absent, one_line
from gridware.gridftp.library import Client, GridFtpError, LibraryError
from gridware.gridftp.options import Call, Command, parse
from gridware.gridftp.urls import host_of, with_parents, without_slash
from gridware.pattern import pattern
from gridware.program import program
from gridware.x509.proxykind import outdated_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gridware.program import Program

_CONTROL = pattern(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
"""Control characters but the line end, in UTF-8: whoever names a file does not write to others' terminals."""

LS = Command(
    "edg-gridftp-ls",
    "Lists what a directory holds, or shows a file: one name a line.",
    flag="verbose",
    flag_does="the server's long lines: mode, links, owner, group, size, date, name",
)
MKDIR = Command(
    "edg-gridftp-mkdir",
    "Makes directories. What exists already is left as it is, which is no error.",
    flag="parents",
    flag_does="make the directories above as well",
)
EXISTS = Command("edg-gridftp-exists", "Ends with 0 if every URL exists, with 1 if not.")
RM = Command("edg-gridftp-rm", "Removes files.")
RMDIR = Command("edg-gridftp-rmdir", "Removes empty directories.")
RENAME = Command(
    "edg-gridftp-rename", "Gives a file or directory another name on the same server.", urls="SOURCE TARGET"
)


def _program(command: Command) -> Program:
    return program(lambda arguments: main(command, arguments))


ls, mkdir, exists, rm, rmdir, rename = map(_program, (LS, MKDIR, EXISTS, RM, RMDIR, RENAME))


def main(command: Command, arguments: Sequence[str]) -> int:
    """Run the command; URLs are done in their order up to the first failure."""
    call = parse(command, arguments)
    # Globus polls in C, where Python's own handler is never reached.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if call.timeout <= 0:
        return _fail("error the operation timed out before it began")
    if (missing := _missing_proxy(call)) is not None:
        return _fail(missing)
    if why := outdated_file(call.proxy):
        return _fail(f"error the proxy {call.proxy} is not used: {why}")
    os.environ["X509_USER_PROXY"] = call.proxy
    _limit(call.timeout)
    try:
        _ACTIONS[command.name](Client(), call)
    except GridFtpError as error:
        told = _fail(one_line(str(error)))
        _hint(call)
        return told
    except LibraryError as error:
        return _fail(f"error {error}")
    except BrokenPipeError:
        # As after `| head`; Globus has switched off the signal that would have ended the process.
        return 1
    except OSError as error:
        return _fail(f"error the listing can't be written: {error.strerror}")
    return 0


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


def _hint(call: Call) -> None:
    """One line for each host that is no storage element."""
    from gridware.bdii import elements  # only where it is needed: each command starts faster without

    for host in dict.fromkeys(map(host_of, call.urls)):
        if told := elements.hint(host):
            print(told, file=sys.stderr)


def _missing_proxy(call: Call) -> str | None:
    """Globus would go on to the private key and ask for its pass phrase in the middle of a script."""
    if os.path.exists(call.proxy) or os.getuid() == 0 or "X509_USER_CERT" in os.environ:
        return None
    return f"error there is no proxy at {call.proxy}; make one with voms-proxy-init"


def _limit(seconds: float) -> None:
    """End the process after ``seconds``, wherever it hangs: in a name lookup, a connection, a transfer."""

    def give_up() -> None:
        os.write(2, f"error the operation timed out after {seconds:g} s\n".encode())
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()


def _ls(client: Client, call: Call) -> None:
    for url in call.urls:
        listing = client.list(url, verbose=call.flag).replace(b"\r\n", b"\n")
        if not call.flag:
            names = listing.split(b"\n")
            listing = b"\n".join(name for name in names if name not in (b".", b".."))
        _show(_CONTROL.sub(b"?", listing))


def _show(listing: bytes) -> None:
    """Write past Python's buffers, which would fail a second time at exit."""
    while listing:
        listing = listing[os.write(sys.stdout.fileno(), listing) :]


def _mkdir(client: Client, call: Call) -> None:
    urls = [without_slash(url) for url in call.urls]
    for url in with_parents(urls) if call.flag else urls:
        try:
            client.exists(url)
        except GridFtpError as error:
            if not means_absent(str(error)):
                raise
            client.mkdir(url)


def _exists(client: Client, call: Call) -> None:
    for url in call.urls:
        client.exists(url)


def _rm(client: Client, call: Call) -> None:
    for url in call.urls:
        client.delete(url)


def _rmdir(client: Client, call: Call) -> None:
    for url in call.urls:
        client.rmdir(without_slash(url))


def _rename(client: Client, call: Call) -> None:
    source, target = call.urls
    try:
        client.rename(source, target)
    except GridFtpError:
        # Globus' server answers a missing source with no more than "Invalid command arguments".
        client.exists(source)
        raise


_ACTIONS: dict[str, Callable[[Client, Call], None]] = {
    LS.name: _ls,
    MKDIR.name: _mkdir,
    EXISTS.name: _exists,
    RM.name: _rm,
    RMDIR.name: _rmdir,
    RENAME.name: _rename,
}
