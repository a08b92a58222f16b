"""Where the broker keeps things on RB."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from gridware.wms.broker.job import Job
from gridware.wms.data import NOTHING, Data

HOME = Path("/var/lib/icebox/wms")
BOOKS = HOME / "book.db"
JOBS = HOME / "jobs"
PROXIES = HOME / "proxies"
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\n?", re.DOTALL)


def prepare() -> None:
    """Make the directories; accounts may pass through them, and read only what is their own.

    Proxies that a broker was renewing when it was killed are gone: each has a key.
    """
    for path in (HOME, JOBS):
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
    PROXIES.mkdir(mode=0o700, exist_ok=True)
    for left in PROXIES.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:  # of whoever looks whether something can be written there, and may take it away just now
            left.unlink(missing_ok=True)


def of_job(job: Job) -> Path:
    """A job's directory: in/, out/, proxy, and one directory for each attempt."""
    return JOBS / job.unique


def inputs(job: Job) -> Path:
    return of_job(job) / "in"


def outputs(job: Job) -> Path:
    return of_job(job) / "out"


def perusal(job: Job) -> Path:
    """What its owner looks at while it runs."""
    return of_job(job) / "perusal"


def proxy(job: Job) -> Path:
    return of_job(job) / "proxy"


def attempt(job: Job) -> Path:
    """What the gram scripts need for the present attempt; they run as the job's account."""
    return of_job(job) / str(job.attempt)


def make(job: Job) -> None:
    """Directories of a new job."""
    of_job(job).mkdir(mode=0o711, exist_ok=True)
    for path in (inputs(job), outputs(job)):
        path.mkdir(mode=0o700, exist_ok=True)


def write(path: Path, text: bytes, account: str) -> None:
    """Put a file in place at one stroke, readable by its account alone."""
    entry = pwd.getpwnam(account)
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
        os.fchown(file.fileno(), entry.pw_uid, entry.pw_gid)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def write_data(job: Job, found: Data) -> None:
    """Keep where a job's files lie, for whoever lays its attempt out again."""
    if found.files:
        new = of_job(job) / "data.new"
        new.write_text(found.text())
        new.rename(of_job(job) / "data")


def data(job: Job) -> Data:
    """Where a job's files lie, as the last match-making found them."""
    try:
        return Data.read((of_job(job) / "data").read_text())
    except FileNotFoundError:
        return NOTHING


def make_attempt(job: Job, files: dict[str, bytes]) -> None:
    """The directory of an attempt, owned by its account."""
    entry = pwd.getpwnam(job.account)
    directory = attempt(job)
    directory.mkdir(mode=0o700, exist_ok=True)
    for name, text in files.items():
        write(directory / name, text, job.account)
    os.chown(directory, entry.pw_uid, entry.pw_gid)


def tidy(job: Job, keep_output: bool) -> None:
    """Remove what an ended job no longer needs; the proxy's certificates stay with the output."""
    if not keep_output:
        purge(job)
        return
    with suppress(FileNotFoundError):
        write(proxy(job), _KEY.sub(b"", proxy(job).read_bytes()), job.account)
    for path in of_job(job).glob("*"):
        if path not in (proxy(job), outputs(job), perusal(job)):
            shutil.rmtree(path, ignore_errors=True)


def purge(job: Job) -> None:
    """Remove the sandboxes of a job, its proxy included."""
    shutil.rmtree(of_job(job), ignore_errors=True)


def text(path: Path) -> str:
    """What a gram script has put into a file, as one line; empty if it has not."""
    try:
        return " ".join(path.read_text(errors="replace").split())
    except OSError:
        return ""


def away(directory: Path) -> float:
    """Seconds since the CE of an attempt last answered, 0 if it does."""
    try:
        return time.time() - (directory / "away").stat().st_mtime
    except OSError:
        return 0
