"""Where a job's output goes, as file name patterns of sbatch(1)."""

from __future__ import annotations

import os

from pbs.request import Request


def outputs(request: Request, name: str, work: str, home: str) -> tuple[str, str]:
    """The patterns of stdout and stderr; equal where ``-j`` joins them.

    Relative paths start at the directory of the submission, ``-k`` keeps a stream under its default name in
    the home directory of the job's owner. A ``host:`` prefix is dropped: CE and WN share homes.
    """
    keep, join = request.get("k", "n"), request.get("j", "n")
    out = _place(request.get("o"), "o", name, work, home if "o" in keep else "", request.flag("t"))
    err = _place(request.get("e"), "e", name, work, home if "e" in keep else "", request.flag("t"))
    if join == "oe":
        return out, out
    return (err, err) if join == "eo" else (out, err)


def _place(asked: str, letter: str, name: str, work: str, keep: str, array: bool) -> str:
    default = _escape(f"{name}.{letter}") + ("%A-%a" if array else "%j")
    if keep:
        return _escape(keep) + "/" + default
    path = without_host(asked)
    full = os.path.normpath(os.path.join(work, path)) if path else work
    if not path or path.endswith("/") or os.path.isdir(full):
        return _escape(full) + "/" + default
    return _escape(full)


def without_host(path: str) -> str:
    """``host:/path`` → ``/path``; a colon after a slash belongs to the path."""
    host, colon, rest = path.partition(":")
    return rest if colon and "/" not in host else path


def _escape(path: str) -> str:
    return path.replace("%", "%%")
