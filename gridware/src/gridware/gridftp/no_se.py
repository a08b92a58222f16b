"""no-se WORD...: says which of the GridFTP URLs among the words lead to no storage element."""

from __future__ import annotations

import sys

from gridware.bdii import elements
from gridware.gridftp.urls import host_of
from gridware.program import program


@program
def main(arguments: list[str]) -> int:
    """Each host once; whether anything was said is not told by the exit code."""
    for hint in dict.fromkeys(elements.hint(host) for host in map(host_of, arguments) if host):
        if hint:
            print(hint, file=sys.stderr)
    return 0
