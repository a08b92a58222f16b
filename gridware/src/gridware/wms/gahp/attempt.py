"""An attempt's directory: what the broker has laid there for GRAM, and what is noted of the CE's answers.

It holds ce (the GRAM resource) and rsl; and what is added here: contact (the job's), error (why it was
refused), away (since when the CE does not answer), asked (when GRAM was), ended (GRAM knows no more of it,
and why). claimed and done are put there by the broker when the job's wrapper speaks to it.
"""

from __future__ import annotations

import fcntl
import os
import time

from gridware.pace import longer
from gridware.wms.gahp.gram import DONE, FAILED, NO_CONTACT, NO_MANAGER, NO_SUCH_JOB, Gram, GramError

JOBS = "/var/lib/icebox/wms/jobs"
IDLE, RUNNING, COMPLETED = 1, 2, 4
"""HTCondor's words for an attempt (JobStatus)."""
EVERY = 30
"""Seconds between two questions to GRAM about one job; its wrapper speaks up by itself."""
GRACE = 20
"""Seconds that the wrapper's own word may come after GRAM's."""
SUBMITTING, ASKING, CANCELLING = 25, 20, 25
_FORGOTTEN = (NO_CONTACT, NO_SUCH_JOB)
_OVER = {DONE: "DONE", FAILED: "FAILED"}


class Attempt:
    """One of a job's attempts, named ``gram/JOB.NUMBER``."""

    def __init__(self, name: str) -> None:
        self.name = name
        job, _, number = name.rpartition("/")[2].rpartition(".")
        self.directory = f"{JOBS}/{job}/{number}"
        self.proxy = f"{JOBS}/{job}/proxy"

    @classmethod
    def of(cls, rsl: str) -> Attempt:
        """The one that an RSL lies in the directory of."""
        job, number, _name = rsl.split("/")[-3:]
        return cls(f"gram/{job}.{number}")

    @property
    def ce(self) -> str:
        """The GRAM resource; empty if the attempt is gone."""
        return self._read("ce")

    @property
    def contact(self) -> str:
        """The job's at the CE; empty if there is none yet."""
        return self._read("contact")

    @property
    def status(self) -> int:
        """IDLE, RUNNING or COMPLETED, by what is known here."""
        if self._has("done") or not os.path.isdir(self.directory):
            return COMPLETED
        ended = self._age("ended")
        if ended is not None and ended >= longer(GRACE):
            return COMPLETED
        return RUNNING if self._has("claimed") else IDLE

    @property
    def due(self) -> bool:
        """Is it time to ask GRAM?"""
        asked = self._age("asked")
        return self.status != COMPLETED and (asked is None or asked >= longer(EVERY))

    def submit(self, gram: Gram) -> None:
        """Send it, unless that has been done; raises GramError.

        The gridmanager may ask twice: after a crash, and when it lost patience. One submission is all there
        ever is.
        """
        with open(self._path("lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.contact:
                return
            try:
                gram.take(self.proxy)
                contact = gram.submit(self.ce, self._read("rsl"), longer(SUBMITTING))
            except GramError as error:
                self._note("error", str(error))
                raise
            self._note("contact", contact)
            self._forget("error")

    def ask(self, gram: Gram) -> None:
        """Have GRAM say how the job is; its answer, or its silence, is noted."""
        self._note("asked", "")
        try:
            gram.take(self.proxy)
            state = gram.status(self.contact, longer(ASKING))
        except GramError as error:
            self._unanswered(error)
            return
        self._forget("away")
        if state in _OVER:
            self._ended(f"the CE has ended the job without a word from its wrapper ({_OVER[state]})")
        else:
            self._forget("ended")

    def _unanswered(self, error: GramError) -> None:
        if error.code == NO_MANAGER:  # as globusrun has it: one that is gone has no more jobs
            self._forget("away")
            self._ended("the CE has ended the job without a word from its wrapper (DONE)")
        elif error.code in _FORGOTTEN:
            self._forget("away")
            self._ended(f"the CE does not know the job any more: {error}")
        elif self._age("away") is None:
            self._note("away", str(error))

    def cancel(self, gram: Gram) -> None:
        """Raises GramError; a job that GRAM has forgotten needs no cancelling."""
        if not self.contact or self._has("done"):
            return
        try:
            gram.take(self.proxy)
            gram.cancel(self.contact, longer(CANCELLING))
        except GramError as error:
            if error.code not in _FORGOTTEN:
                raise

    def _ended(self, why: str) -> None:
        if self._age("ended") is None:
            self._note("ended", why)

    def _has(self, name: str) -> bool:
        return os.path.exists(self._path(name))

    def _age(self, name: str) -> float | None:
        """Seconds since a file was written; None if it is not there, or the clock has been set back since.

        What was noted by a clock that was ahead would be new until that time has come again.
        """
        try:
            age = time.time() - os.stat(self._path(name)).st_mtime
        except OSError:
            return None
        return age if age > -EVERY else None

    def _read(self, name: str) -> str:
        try:
            with open(self._path(name)) as file:
                return file.read().strip()
        except OSError:
            return ""

    def _note(self, name: str, text: str) -> None:
        """Lay a file of one line down at one stroke."""
        with open(self._path(f"{name}.new"), "w") as file:
            file.write(f"{text}\n" if text else "")
            file.flush()
            if name == "contact":  # of all else GRAM can be asked again
                os.fsync(file.fileno())
        os.rename(self._path(f"{name}.new"), self._path(name))

    def _forget(self, name: str) -> None:
        if self._has(name):
            os.unlink(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.directory}/{name}"
