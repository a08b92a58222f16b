"""Where a job's output goes (qsub(1B), ``-o``, ``-e``, ``-j``, ``-k``)."""

from __future__ import annotations

import os


def outputs(
    asked: dict[str, str], variables: dict[str, str], name: str, number: str, index: str = ""
) -> tuple[str, str]:
    """The files of stdout and stderr; equal where ``-j`` joins them.

    ``asked`` are the job's notes, ``o`` and ``e`` among them; ``variables`` are the job's, which a path may
    name (``$PBS_JOBID``). Relative paths start at PBS_O_WORKDIR, behind a ``host:`` at HOME; the host itself
    does not matter, as CE and WN share homes. ``-k`` keeps a stream under its default name in HOME.
    ``index``: an array's task.
    """
    keep, join = asked.get("Keep_Files") or "n", asked.get("Join_Path") or "n"
    end = f"{number}-{index}" if index else number
    out, err = (
        _place(asked.get(letter, ""), variables, f"{name}.{letter}{end}", letter in keep, index)
        for letter in "oe"
    )
    if join == "oe":
        return out, out
    return (err, err) if join == "eo" else (out, err)


def _place(asked: str, variables: dict[str, str], default: str, keep: bool, index: str) -> str:
    home, work = variables.get("HOME", "/"), variables.get("PBS_O_WORKDIR", "/")
    if keep:
        return os.path.join(home, default)
    path = without_host(asked)
    start = work if path == asked else home
    full = os.path.normpath(os.path.join(start, expand(path, variables)))
    if not path or path.endswith("/") or os.path.isdir(full):
        return os.path.join(full, default)
    # Tasks that were given one file get one each, as in Torque, unless the path itself tells them apart.
    apart = names(path) & {"PBS_ARRAYID", "PBS_JOBID", "PBS_JOBNAME"} or full.startswith("/dev/")
    return f"{full}-{index}" if index and not apart else full


def without_host(path: str) -> str:
    """``host:/path`` → ``/path``; a colon after a slash or a variable belongs to the path."""
    host, colon, rest = path.partition(":")
    return rest if colon and "/" not in host and "$" not in host else path


def expand(text: str, variables: dict[str, str]) -> str:
    """``$NAME``, ``${NAME}`` and a ``~`` at the start replaced; a variable that is not set is empty."""
    if text == "~" or text.startswith("~/"):
        text = "$HOME" + text[1:]
    return "".join(variables.get(word, "") if named else word for named, word in _pieces(text))


def names(text: str) -> set[str]:
    """The variables that a path names."""
    return {word for named, word in _pieces(text) if named}


def _pieces(text: str) -> list[tuple[bool, str]]:
    """(True, name of a variable) or (False, other text)."""
    head, *rest = text.split("$")
    found = [(False, head)]
    for part in rest:
        inner, brace, after = part[1:].partition("}") if part.startswith("{") else ("", "", "")
        if brace and inner.isidentifier():
            found += [(True, inner), (False, after)]
            continue
        length = 0
        while length < len(part) and part[: length + 1].isidentifier():
            length += 1
        if length:
            found += [(True, part[:length]), (False, part[length:])]
        else:
            found.append((False, "$" + part))
    return found
