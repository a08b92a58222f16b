"""lfc-ping, lfc-listusrmap and lfc-listgrpmap."""

from __future__ import annotations

from collections.abc import Sequence

from gridware.catalogue.lfc.options import Lfc, Parser, run
from gridware.program import program


@program
def ping(arguments: Sequence[str]) -> int:
    """lfc-ping."""
    parser = Parser("lfc-ping", "Asks whether the catalogue answers; prints its version.", "[-h SERVER]")
    parser.add_argument("-h", dest="server", default="", help="the server; else LFC_HOST")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc) -> int:
        catalogue = lfc.catalogue.of(found.server) if found.server else lfc.catalogue
        print(catalogue.ask("ping")["version"])
        return 0

    return run(work)


@program
def users(arguments: Sequence[str]) -> int:
    """lfc-listusrmap."""
    return _accounts("lfc-listusrmap", "user", arguments)


@program
def groups(arguments: Sequence[str]) -> int:
    """lfc-listgrpmap."""
    return _accounts("lfc-listgrpmap", "group", arguments)


def _accounts(name: str, kind: str, arguments: Sequence[str]) -> int:
    parser = Parser(name, f"Lists the numbers of {kind}s.", f"[--{kind} NAME]")
    parser.add_argument(f"--{kind}", dest="name", default="", help="of this one only")
    found = parser.parse_args(arguments)

    def work(lfc: Lfc) -> int:
        for who, number in lfc.catalogue.ask("accounts", kind=kind)["accounts"].items():
            if found.name in ("", who):
                print(f"{number:>8} {who}")
        return 0

    return run(work)
