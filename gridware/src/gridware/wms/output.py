"""glite-job-output, edg-job-get-output, glite-wms-job-output."""

from __future__ import annotations

import os
from pathlib import Path

from gridware.wms import errors, jsonout, layouts
from gridware.wms.errors import UiError
from gridware.wms.jobid import JobId
from gridware.wms.options import check_protocol, exclusive
from gridware.wms.session import PARTIAL, Session

MAP = "ids_nodes.map"
"""Beside the folders of a collection's nodes, as joboutput.cpp of org.glite.wms writes it."""
GONE = ("Aborted", "Cancelled", "Cleared")
"""States of nodes that have no output."""


def run(session: Session) -> int:
    check_protocol(session.call)
    exclusive(session.call, "list-only", "json")
    as_json = jsonout.wanted(session)
    jobs = session.ids()
    folders: dict[str, str] = {}
    for job in jobs:
        try:
            folders[job] = _fetch(session, job)
        except errors.known() as error:
            session.complain(error)
    if folders and as_json:
        jsonout.show(session, jsonout.fetched(session.endpoint, folders))
    failed = len(jobs) - len(folders)
    if not failed:
        return 0
    return 1 if failed == len(jobs) else PARTIAL


def _fetch(session: Session, job: str) -> str:
    """Fetch a job's files and say so; the folder, or nothing if there were no files."""
    if session.call.has("list-only"):
        _list(session, job)
        return ""
    broker = session.broker(session.host(job))
    status = broker.status([job])[0]
    folder = _folder(session, job)
    made = _make(folder)
    try:
        if status.children:
            names, left = _fetch_nodes(session, job, list(status.children), folder)
            if status.state == "Done" and not left and not session.call.has("nopurge"):
                broker.purge(job)
        else:
            names = broker.output(job, str(folder), purge=not session.call.has("nopurge"))
    except BaseException:
        if made and not any(folder.iterdir()):
            folder.rmdir()
        raise
    session.debug(f"{job}: {', '.join(names) or 'no files'} in {folder}")
    if not names:
        _say(session, f"\nNo output files to be retrieved for the {layouts.kind(status.children)}:\n{job}\n")
        return ""
    if session.command.old:
        _say(session, layouts.output_old(session.host(job), job, str(folder)))
    else:
        _say(session, layouts.output_wms(job, str(folder), status.children))
    return str(folder)


def _say(session: Session, text: str) -> None:
    """For people; who wants JSON gets all in one piece."""
    if not session.call.has("json"):
        session.say(text)


def _fetch_nodes(session: Session, job: str, ids: list[str], folder: Path) -> tuple[list[str], bool]:
    """A folder for each node that has ended, and whether there is output that could not be had.

    Nodes that have not ended are told; raises UiError if none has. ``ids_nodes.map`` says which is which.
    """
    names: list[str] = []
    complaints: list[Exception] = []
    left = False
    broker = session.broker(session.host(ids[0]))
    states = broker.status(ids)
    nodes = {
        node.id: str((node.attributes or {}).get("Node_name") or node.id.rpartition("/")[2])
        for node in states
    }
    for node in states:
        place = folder / nodes[node.id]
        made = _make(place)
        try:
            got = broker.output(node.id, str(place), purge=not session.call.has("nopurge"))
            names += [f"{place.name}/{file}" for file in got]
        except errors.known() as error:
            complaints.append(error)
            left |= node.state not in GONE
            if made and not any(place.iterdir()):
                place.rmdir()
    if complaints and not names:
        raise complaints[0]
    if names and not session.command.old:
        _write_map(folder / MAP, layouts.node_map(job, nodes, str(folder)))
    for each in complaints:
        session.complain(each)
    return names, left


def _write_map(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise UiError(
            "UI_FILE_NOT_FOUND", f"can't write {path}: {error.strerror}; the output is there"
        ) from None


def _list(session: Session, job: str) -> None:
    """What there is to fetch."""
    names = session.broker(session.host(job)).output_names(job)
    listed = "".join(f" - {name}\n" for name in names) or " none\n"
    _say(session, f"\nOutput sandbox files for the job:\n{job}\n\n{listed}")


def _folder(session: Session, job: str) -> Path:
    """<storage>/<login>_<unique>; --nosubdir: the storage itself."""
    base = Path(session.call.get("dir") or session.defaults.output_storage).absolute()
    if session.call.has("nosubdir"):
        return base
    parsed = JobId.parse(job)
    unique = parsed.unique if parsed else job
    return base / f"{os.environ.get('LOGNAME') or 'jobOutput'}_{unique}"


def _make(folder: Path) -> bool:
    """Make a folder for the person alone; False if it was there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_dir():
            return False
        raise UiError("UI_CREATE_DIR", f"{folder} is there, and no folder") from None
    except OSError as error:
        raise UiError("UI_CREATE_DIR", f"can't make the folder {folder}: {error.strerror}") from None
    return True
