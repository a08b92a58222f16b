"""The command lines of the lcg-* commands, and how they end."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from collections.abc import Callable, Sequence

from gridware.catalogue import interrupt
from gridware.catalogue.errors import CatalogueSilentError, DataError, Interrupted
from gridware.catalogue.session import Session, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

VERSION = "1.7.16"
FAILED, BAD_USAGE = 1, 1


class Parser(argparse.ArgumentParser):
    """Options common to all lcg-* commands; errors are one line, as every other error of theirs."""

    def __init__(self, name: str, does: str, usage: str) -> None:
        super().__init__(
            prog=name, description=does, usage=f"{name} {usage}", add_help=False, allow_abbrev=False
        )
        self.add_argument("-h", "--help", action="help", help="this text")
        self.add_argument("--version", action=_Version, nargs=0, help="versions")
        self.add_argument("--vo", default="", help="the VO; else LCG_GFAL_VO")
        self.add_argument("-v", "--verbose", action="store_true", help="say what is done")
        self.add_argument("-b", "--nobdii", action="store_true", help="don't ask the BDII")
        self.add_argument("--config", default="", help="ignored")
        self.add_argument("-t", "--timeout", type=int, default=0, help="seconds for each transfer, 0 for any")
        for name in ("connect-timeout", "sendreceive-timeout", "bdii-timeout", "srm-timeout"):
            self.add_argument(
                f"--{name}", dest=name.replace("-", "_"), type=int, default=0, metavar="SECONDS"
            )
        for short, long in (("-D", "--defaultsetype"), ("-T", "--setype"), ("-U", "--dst_setype")):
            self.add_argument(short, long, choices=("none", "se", "srmv1", "srmv2"), default="se")

    def streams(self) -> None:
        self.add_argument("-n", "--streams", type=int, default=1, help="parallel streams")

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; {self.prog} -h shows how", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


class _Version(argparse.Action):
    def __call__(self, *_args: object) -> None:
        print(f"lcg_util-{VERSION}\nGFAL-client-{VERSION}")
        raise SystemExit(0)


def session(found: argparse.Namespace) -> Session:
    """A session as the options want it."""
    for kind in (found.setype, found.dst_setype):
        if kind.startswith("srm"):
            raise DataError(
                "EPROTONOSUPPORT", kind, "the storage elements of this grid are classic ones (se)"
            )
    limit = found.timeout or found.sendreceive_timeout or found.srm_timeout
    streams = max(1, getattr(found, "streams", 1))
    return Session(Settings(found.vo, found.verbose, streams, float(limit), found.nobdii))


Work = Callable[[Session, argparse.Namespace], None]


def run(parser: Parser, arguments: Sequence[str], work: Work) -> int:
    """Parse, do ``work``, and return the exit code; every error is told in a line that strerror ends."""
    found = parser.parse_args(arguments)
    interrupt.install()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    name = parser.prog.replace("-", "_")
    try:
        work(session(found), found)
    except CatalogueSilentError as error:
        return _fail(
            name, f"send2nsd: NS000 - name server not available on {error.subject}: {error.reason}", error
        )
    except DataError as error:
        return _fail(name, ": ".join(part for part in (error.subject, error.reason) if part), error)
    except Interrupted:
        print(f"{name}: Interrupted system call", file=sys.stderr)
        return FAILED
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "EIO")
        return _fail(name, str(error.filename or ""), DataError(code))
    return 0


def _fail(name: str, more: str, error: DataError) -> int:
    if more:
        print(more, file=sys.stderr)
    # Programs look for the reason in the last line.
    if error.hint:
        print(error.hint, file=sys.stderr)
    print(f"{name}: {error.text}", file=sys.stderr)
    return FAILED
