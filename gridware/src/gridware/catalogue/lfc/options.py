"""The command lines of the lfc-* commands, and how they end."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence

from gridware.catalogue.errors import CatalogueSilentError, DataError
from gridware.catalogue.names import absolute
from gridware.catalogue.session import Session, Settings, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

BAD_USAGE = 2
NAMES_HELP = "a path that does not begin with a slash is below $LFC_HOME"


class Parser(argparse.ArgumentParser):
    """Errors are one line."""

    def __init__(self, name: str, does: str, usage: str) -> None:
        super().__init__(
            prog=name,
            description=does,
            usage=f"{name} {usage}",
            epilog=NAMES_HELP,
            add_help=False,
            allow_abbrev=False,
        )
        self.add_argument("--help", action="help", help="this text")

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; {self.prog} --help shows how", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


class Lfc:
    """The catalogue, and paths as the commands take them."""

    def __init__(self) -> None:
        self.session = Session(Settings())
        self.catalogue = self.session.catalogue

    def path(self, text: str) -> str:
        return absolute(text.removeprefix("lfn:"), self.session.environment.lfc_home)


Work = Callable[[Lfc, str], None]


def run(work: Callable[[Lfc], int]) -> int:
    """Do ``work``, which returns the exit code; an error that ends everything is told."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return work(Lfc())
    except DataError as error:
        tell(error)
        return 1


def each(lfc: Lfc, paths: Sequence[str], work: Work, doing: Callable[[str], str] = str) -> int:
    """Do ``work`` for each path; one that fails is told and does not stop the others."""
    failed = 0
    for path in paths:
        try:
            work(lfc, lfc.path(path))
        except CatalogueSilentError:
            raise
        except DataError as error:
            tell(error, path, doing)
            failed = 1
    return failed


def tell(error: DataError, path: str = "", doing: Callable[[str], str] = str) -> None:
    """``<path>: No such file or directory``, or what kept the catalogue from being asked."""
    if isinstance(error, CatalogueSilentError):
        warn(f"send2nsd: NS000 - name server not available on {error.subject}: {error.reason}")
        warn(f"{path or error.subject}: Name server not active")
    elif error.code == "EACCES" and not path:
        more = ": ".join(part for part in (error.subject, error.reason) if part)
        warn(f"send2nsd: NS002 - send error : Could not find or use a credential: {more}")
    else:
        subject = error.subject if error.subject.startswith("/") or not path else path
        reason = f" ({error.reason})" if error.reason else ""
        warn(": ".join(part for part in (doing(subject), error.text) if part) + reason)
