"""File perusal, on RB: which files of a running job its owner wants to see, and the slices that have come.

``of_job/perusal`` has ``names``, and the slices in ``new`` until they are fetched, then in ``old``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from gridware.jdl.attributes import text, true
from gridware.wms.broker import places
from gridware.wms.broker.job import Job
from gridware.wms.broker.usercalls import CallError, UserCalls
from gridware.wms.matching import parse
from gridware.wms.wire import Header, chunks

MOST_BYTES = 100_000_000
"""Of all slices of a job: what is too large to be looked at belongs on an SE."""
_MOST_FILES = 100
_SLICE = re.compile(r"(.+)\.\d{14}_(\d+)")


class PerusalCalls:
    """What glite-wms-job-perusal asks for."""

    def __init__(self, user: UserCalls) -> None:
        self._user = user

    def perusal(self, header: Header) -> Header:
        """Choose the files, or none."""
        job = _enabled(self._user.mine(header["id"]))
        if job.state.ended:
            raise CallError("NS_PERUSAL_NOT_ALLOWED", f"Current Job Status is {job.state.value}")
        names = [str(name) for name in header["names"]]
        if len(names) > _MOST_FILES:
            raise CallError("NS_PERUSAL_NOT_ALLOWED", f"more than {_MOST_FILES} files are too many")
        choose(job, names)
        return {}

    def peek(self, header: Header) -> Header:
        """The slices of a file that have not been fetched yet, or with ``all`` every one, in their order."""
        job = _enabled(self._user.mine(header["id"]))
        if target := text(parse(job.jdl), "PerusalFilesDestURI"):
            raise CallError("NS_PERUSAL_NOT_ALLOWED", f"the slices of this job's files go to {target}")
        return {"names": slices(job, os.path.basename(str(header["name"])), bool(header.get("all")))}

    def slice(self, header: Header) -> tuple[Header, BinaryIO]:
        job = self._user.mine(header["id"])
        found = _find(job, os.path.basename(str(header["name"]))).open("rb")
        return {"length": os.fstat(found.fileno()).st_size}, found

    def peeked(self, header: Header) -> Header:
        """These slices have arrived: the next look is for what comes after them."""
        job = self._user.mine(header["id"])
        for name in header["names"]:
            path = _find(job, os.path.basename(str(name)))
            path.rename(places.perusal(job) / "old" / path.name)
        return {}


def choose(job: Job, names: Sequence[str]) -> None:
    """From now on these files are to be sent."""
    directory = places.perusal(job)
    for each in (directory, directory / "new", directory / "old"):
        each.mkdir(mode=0o700, exist_ok=True)
    new = directory / "names.new"
    new.write_text(json.dumps(list(names)))
    new.rename(directory / "names")


def chosen(job: Job) -> list[str]:
    """The files that are to be sent."""
    try:
        names: list[str] = json.loads((places.perusal(job) / "names").read_text())
    except FileNotFoundError:
        return []
    return names


def slices(job: Job, file: str, every: bool) -> list[str]:
    """Names of a file's slices, the first first."""
    folders = ("old", "new") if every else ("new",)
    paths = [path for folder in folders for path in (places.perusal(job) / folder).glob("*")]
    named = [match for path in paths if (match := _SLICE.fullmatch(path.name)) and match[1] == file]
    return [match[0] for match in sorted(named, key=lambda match: int(match[2]))]


def take(job: Job, name: str, length: int, body: BinaryIO) -> None:
    """Keep a slice of a file that was asked for; raises CallError for any other."""
    match = _SLICE.fullmatch(name)
    if not match or "/" in name or match[1] not in map(os.path.basename, chosen(job)):
        raise CallError("TOKEN", "nobody asked for this file")
    directory = places.perusal(job)
    kept = sum(path.stat().st_size for folder in ("old", "new") for path in (directory / folder).glob("*"))
    if kept + length > MOST_BYTES:
        raise CallError("TOKEN", "the broker keeps no more slices of this job")
    partial = directory / f"{name}.part"
    with open(partial, "wb") as file:
        file.writelines(chunks(body, length))
    partial.rename(directory / "new" / name)


def _enabled(job: Job) -> Job:
    if job.compound:
        raise CallError("NS_PERUSAL_NOT_ALLOWED", "only single jobs and nodes have files to peruse")
    if not true(parse(job.jdl), "PerusalFileEnable"):
        raise CallError("NS_PERUSAL_NOT_ALLOWED", "the job's JDL does not say PerusalFileEnable = true")
    return job


def _find(job: Job, name: str) -> Path:
    for folder in ("new", "old"):
        path = places.perusal(job) / folder / name
        if path.is_file():
            return path
    raise CallError("NS_PERUSAL_NOT_ALLOWED", f"there is no slice {name}")
