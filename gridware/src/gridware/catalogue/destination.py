"""Where a new copy goes: from -d, -P and the VO's default storage element to a SURL."""

from __future__ import annotations

from gridware.catalogue import names
from gridware.catalogue.errors import DataError
from gridware.catalogue.session import Session
from gridware.catalogue.transfer import Mover

_SHARED = 0o3775
"""Everybody of the VO stores below generated/, and nobody removes what is another's."""


def surl(session: Session, given: str, relative: str = "") -> str:
    """The SURL of a copy; ``given`` is a SURL, a host, or empty for the default storage element."""
    if "://" in given:
        name = names.parse(given)
        if name.kind == "gsiftp":
            return f"sfn://{given.partition('://')[2]}"
        if name.kind != "surl":
            raise DataError("EINVAL", given, "a destination is a host, sfn://HOST/PATH or gsiftp://HOST/PATH")
        return given
    se = (given or session.environment.default_se(session.vo)).lower()
    if not se:
        raise DataError("EINVAL", "", "no storage element: use -d, or set the VO's default storage element")
    if session.settings.no_bdii:
        raise DataError("EINVAL", se, "without the BDII the destination must be sfn://HOST/PATH")
    area = session.infosys.area(se, session.vo)
    return f"sfn://{se}{_below(area, relative) if relative else names.generated(area)}"


def _below(area: str, relative: str) -> str:
    steps = [step for step in relative.split("/") if step not in ("", ".")]
    if ".." in steps or not steps:
        raise DataError("EINVAL", relative, "the path of -P is one below the VO's area")
    return "/".join([area.rstrip("/"), *steps])


def make_directories(mover: Mover, url: str) -> None:
    """Make the directories above a TURL; those below generated/ are for all of the VO."""
    above = url.rpartition("/")[0]
    missing: list[str] = []
    while len(above.split("/")) > 3 and not mover.is_there(above):
        missing.append(above)
        above = above.rpartition("/")[0]
    for directory in reversed(missing):
        try:
            mover.make_directory(directory)
        except DataError as error:
            # Another command may have been faster.
            if error.code != "EEXIST" and not mover.is_there(directory):
                raise
            continue
        if "/generated" in directory:
            mover.chmod(directory, _SHARED)
