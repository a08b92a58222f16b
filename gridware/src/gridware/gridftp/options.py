"""The command lines of the edg-gridftp-* commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from gridware.gridftp.urls import BadUrlError, check, server
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

TIMEOUT = 120
"""Seconds a whole command may take unless --timeout says otherwise."""

BAD_USAGE = 2


class Command(NamedTuple):
    """What one of the commands is for and takes."""

    name: str
    does: str
    urls: str = "URL [URL ...]"
    flag: str = ""
    flag_does: str = ""

    @property
    def usage(self) -> str:
        flag = f" [--{self.flag}]" if self.flag else ""
        return f"Usage: {self.name} [--proxy=FILE] [--timeout=SECONDS]{flag} {self.urls}"

    @property
    def help(self) -> str:
        flag = f"  --{self.flag:<18}{self.flag_does}\n" if self.flag else ""
        return (
            f"{self.usage}\n\n{self.does}\n\n{flag}"
            "  --proxy=FILE        the proxy to use; else X509_USER_PROXY, else /tmp/x509up_u<your uid>\n"
            f"  --timeout=SECONDS   for the whole command, {TIMEOUT} unless said\n"
            "  --usage             one line about the arguments\n"
            "  --help              this text\n\n"
            "URLs are gsiftp://host[:port]/path. Exit code 0: done; 1: failed, with the reason on standard\n"
            f"error; {BAD_USAGE}: wrong arguments."
        )


class Call(NamedTuple):
    """A command line that was understood."""

    urls: tuple[str, ...]
    proxy: str
    timeout: float
    flag: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; {self.prog} --usage shows how", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def parse(command: Command, arguments: Sequence[str]) -> Call:
    """Raises SystemExit after --help, --usage or an error in one line."""
    parser = _Parser(prog=command.name, add_help=False)
    parser.add_argument("--usage", action="store_true")
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--proxy", default=os.environ.get("X509_USER_PROXY", f"/tmp/x509up_u{os.getuid()}"))
    parser.add_argument("--timeout", type=float, default=TIMEOUT)
    if command.flag:
        parser.add_argument(f"--{command.flag}", dest="flag", action="store_true")
    parser.add_argument("urls", nargs="*")
    found = parser.parse_args(arguments)
    if found.help or found.usage:
        print(command.help if found.help else command.usage)
        raise SystemExit(0)
    try:
        urls = tuple(check(url) for url in found.urls)
    except BadUrlError as error:
        parser.error(str(error))
    _check_count(parser, command, urls)
    return Call(urls, found.proxy, found.timeout, command.flag != "" and found.flag)


def _check_count(parser: _Parser, command: Command, urls: Sequence[str]) -> None:
    if not urls:
        parser.error("no URL given")
    if "TARGET" in command.urls:
        if len(urls) != 2:
            parser.error(f"two URLs are needed, not {len(urls)}")
        if server(urls[0]) != server(urls[1]):
            parser.error("both URLs must be on the same server")
