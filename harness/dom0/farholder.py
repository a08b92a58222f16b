"""What another machine says of the dom0 that is held there, by one look over the connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.dom0.cgroup import STANDING_STILL
from harness.dom0.place import Place

FIND = """\
{ read -r token entrance home < "$1/far" && read -r number inner < "$1/$2"; } 2> /dev/null || exit 0
tr '\\0' '\\n' < "/proc/$number/cmdline" | grep -qxF "$token" || exit 0
{ read -r still < "${entrance%/*/*}/cgroup.freeze"; } 2> /dev/null || still=0
echo "$number ${inner:-0} $token $entrance $home $still"
"""
"""Typed there, with its directory and such a file in it."""
FREEZE = """\
group=${1%/*/*}
echo "$2" > "$group/cgroup.freeze" || exit
[ "$2" = 0 ] || until grep -qx 'frozen 1' "$group/cgroup.events"; do sleep 0.05; done
"""
"""Typed there, with the file through which a process joins its group: what ``cgroup.freeze`` does here."""


@dataclass(frozen=True)
class FarHolder:
    """What that machine says of it."""

    number: int
    """Of its first process."""
    inner: int
    """Of the outside, as the dom0 numbers it; 0 before it is made."""
    token: str
    entrance: str
    """The file through which a process joins its control group."""
    home: Path
    """That machine's state directory."""
    still: bool = field(default=False, compare=False)
    """Whether all of it stands still."""


def directory(box: str) -> str:
    """On that machine, where the state directory is always the usual one."""
    return f"/run/icebox/{box}"


def look(box: str, host: Place, file: str) -> FarHolder | None:
    """The one of a box, by a ``file`` in its directory that says which processes they are; None if it does
    not stand."""
    said = host.quietly("sh", "-c", FIND, "find", directory(box), file).split()
    if len(said) != 6:
        return None
    number, inner, token, entrance, home, still = said
    return FarHolder(int(number), int(inner), token, entrance, Path(home), still == "1")


def freeze(host: Place, there: FarHolder, *, still: bool) -> None:
    """Have all of it stand still, and wait until it does; or have it go on.  Raises CommandError."""
    words = ["freeze", there.entrance, str(int(still))]
    host.quietly("sh", "-c", FREEZE, *words, timeout=STANDING_STILL)
