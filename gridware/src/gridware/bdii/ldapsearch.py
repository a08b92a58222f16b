"""ldapsearch with -h HOST and -p PORT (ldapsearch(1) of OpenLDAP 2.4), handed on as -H ldap://HOST:PORT."""

from __future__ import annotations

import getopt
import os
import sys

from gridware.program import program

REAL = "/usr/bin/ldapsearch"
OPTIONS = "a:Ab:cE:F:f:Ll:S:s:tT:uz:Cd:D:e:h:H:IMnNO:o:p:P:QR:U:vVw:WxX:y:Y:Z"


def uris(hosts: str, port: str) -> str:
    """One URI for each host of a list; a host with a port of its own keeps that."""
    return " ".join(
        f"ldap://{host}{f':{port}' if port and ':' not in host else ''}" for host in hosts.split()
    )


def translated(arguments: list[str]) -> list[str]:
    """The arguments as ldapsearch takes them; what can't be understood is left to its own words."""
    try:
        options, operands = getopt.gnu_getopt(arguments, OPTIONS)
    except getopt.GetoptError:
        return arguments
    given = dict(options)
    if not {"-h", "-p"} & given.keys():
        return arguments
    if "-H" in given:
        sys.exit("ldapsearch: -H says where to ask, so that -h and -p must not; leave them out")
    if not given.get("-p", "0").isdecimal():
        sys.exit(f"ldapsearch: -p {given['-p']}: a port is a number, such as 2170")
    kept: list[str] = []
    for option, value in options:
        if option not in ("-h", "-p"):
            kept += [option, value] if f"{option[1]}:" in OPTIONS else [option]
    return ["-H", uris(given.get("-h", "localhost"), given.get("-p", "")), *kept, "--", *operands]


@program
def main(arguments: list[str]) -> int:
    """Becomes ldapsearch."""
    os.execv(REAL, ["ldapsearch", *translated(arguments)])
