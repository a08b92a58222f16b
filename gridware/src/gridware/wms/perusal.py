"""glite-wms-job-perusal: what a running job has written into its files so far."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from gridware.wms import idfile, layouts
from gridware.wms.errors import UiError, UsageError
from gridware.wms.jobid import JobId
from gridware.wms.options import check_protocol, exclusive
from gridware.wms.session import Session

_OPERATIONS = ("set", "get", "unset")


def run(session: Session) -> int:
    call = session.call
    exclusive(call, *_OPERATIONS)
    if not any(call.has(name) for name in _OPERATIONS):
        raise UsageError(f"one of {', '.join(f'--{name}' for name in _OPERATIONS)} is needed")
    check_protocol(session.call)
    job = session.one_id()
    if call.has("set"):
        _set(session, job)
    elif call.has("get"):
        _get(session, job)
    else:
        session.broker(session.host(job)).perusal(job, [])
        _success(session, f"File(s) perusal has been successfully disabled for the job:\n{job}\n")
    return 0


def _set(session: Session, job: str) -> None:
    exclusive(session.call, "set", "all")
    files = _files(session)
    session.broker(session.host(job)).perusal(job, files)
    what = "File perusal" if len(files) == 1 else "Files perusal"
    text = f"{what} has been successfully enabled for the job:\n{job}\n"
    _success(session, text + _saved(session, f"###{what} enabled for the job {job}###", files))


def _get(session: Session, job: str) -> None:
    files = _files(session)
    if len(files) != 1:
        raise UsageError("--get : no multiple filenames can be specified")
    folder = _folder(session, job)
    broker = session.broker(session.host(job))
    slices = [Path(each) for each in broker.peek(job, files[0], str(folder), every=session.call.has("all"))]
    paths = [_joined(slices, os.path.basename(files[0]))] if slices else []
    if not paths:
        _success(session, f"No files to be retrieved for the job:\n{job}\n")
        return
    head = f"###Perusal: file(s) retrieved for the job {job}###"
    text = f"The retrieved files have been successfully stored in:\n{folder}\n"
    _success(session, text + _saved(session, head, [str(path) for path in paths]))
    if not session.call.has("nodisplay"):
        for number, path in enumerate(paths, 1):
            line = "-" * layouts.WMS_WIDTH
            session.say(f"{line}\nfile {number}/{len(paths)}: {path.name}\n{line}\n")
            session.say(path.read_text(errors="replace"))


def _joined(slices: list[Path], name: str) -> Path:
    """Slices in one file, called as gLite's WMProxy called it: NAME-START-END, of the first and the last."""
    marks = [each.name.removeprefix(f"{name}.") for each in slices]
    whole = slices[0].with_name(f"{name}-{marks[0]}-{marks[-1]}")
    try:
        with whole.open("wb") as out:
            for each in slices:
                with each.open("rb") as piece:
                    shutil.copyfileobj(piece, out)
    except OSError as error:
        why = f"can't write {whole}: {error.strerror}; what was fetched lies beside it, in slices"
        raise UiError("UI_FILE_NOT_FOUND", why) from None
    for each in slices:
        each.unlink()
    return whole


def _files(session: Session) -> list[str]:
    """The names of --filename, or of --input-file."""
    call = session.call
    exclusive(call, "filename", "input-file")
    if call.has("filename"):
        return list(dict.fromkeys(call.repeated["filename"]))
    if not call.has("input-file"):
        raise UsageError("No valid job's file specified; use --filename or --input-file")
    names = idfile.read(call.get("input-file"))
    return names if call.has("noint") else idfile.choose(names, "file", idfile.ask, one=call.has("get"))


def _folder(session: Session, job: str) -> Path:
    """--dir, or <storage>/<login>_<unique>."""
    parsed = JobId.parse(job)
    unique = parsed.unique if parsed else job
    usual = Path(session.defaults.output_storage, f"{os.environ.get('LOGNAME') or 'jobPerusal'}_{unique}")
    folder = Path(session.call.get("dir") or usual).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UiError("UI_CREATE_DIR", f"can't make the folder {folder}: {error.strerror}") from None
    return folder


def _saved(session: Session, head: str, names: list[str]) -> str:
    """Write names where --output says; what is to be told of it."""
    if not session.call.has("output"):
        return ""
    place = idfile.write(session.call.get("output"), "".join(f"{line}\n" for line in (head, *names)))
    what = "name of the file" if len(names) == 1 else "list of files"
    return f"\nThe {what} to peruse has been saved in the following file:\n{place}\n"


def _success(session: Session, text: str) -> None:
    head = layouts.stripe(f"{session.command.name} Success")
    session.say(f"\n{head}\n\n{text}\n{'=' * layouts.WMS_WIDTH}\n")
