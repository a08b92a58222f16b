"""What may happen to a job: each step with its new state and its events, so that both always agree."""

from __future__ import annotations

import time

from gridware.wms.broker.job import AT_CE, ENDED, Job, State
from gridware.wms.broker.store import Store

UI, NS, WM, JC, LM, LRMS = (
    "UserInterface",
    "NetworkServer",
    "WorkloadManager",
    "JobController",
    "LogMonitor",
    "LRMS",
)
SUBMITTED_TO_GLOBUS = "Job successfully submitted to Globus"
TERMINATED = "Job terminated successfully"
RETRIEVED = "user retrieved output sandbox"
TIMED_OUT = "TIMEOUT: the output was not fetched in time, and has been removed"


class Bookkeeping:
    """The store, in the words of the logging and bookkeeping service."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def registered(self, job: Job, address: str) -> None:
        with self.store.change():
            self.store.add(job)
            self.store.log(
                job.id,
                "REGJOB",
                UI,
                {"Ns": address, "Owner": job.owner, "Parent": job.parent, "Jdl": job.jdl},
            )

    def accepted(self, job: Job) -> None:
        """Everything of the job is on RB."""
        with self.store.change():
            self.store.update(job.id, started=True, state=State.WAITING, since=time.time(), reason="", due=0)
            self.store.log(job.id, "TRANSFER", UI, {"Destination": NS, "Result": "OK", "Dest_host": job.id})
            self.store.log(job.id, "ACCEPTED", NS, {"From": UI, "Local_jobid": job.unique})
            self.store.log(job.id, "ENQUEUED", NS, {"Queue": WM, "Result": "OK"})
            self.store.log(job.id, "DEQUEUED", WM, {"Queue": WM, "Local_jobid": job.unique})

    def pending(self, job: Job, reason: str, due: float) -> None:
        """No CE yet: match-making again at ``due``, unless the job was cancelled meanwhile.

        One event for each reason, not for each try: who waits a day would fill the story of the job.
        """
        with self.store.change():
            if not self._still(job, State.WAITING):
                return
            self.store.update(job.id, due=due, reason=reason)
            if reason != job.reason:
                self.store.log(job.id, "PENDING", WM, {"Reason": reason})

    def matched(self, job: Job, ceid: str, key: str) -> Job | None:
        """A CE is chosen; the next attempt begins, unless the job was cancelled meanwhile."""
        with self.store.change():
            if not self._still(job, State.WAITING):
                return None
            self.store.update(
                job.id, state=State.READY, ceid=ceid, key=key, attempt=job.attempt + 1, claim="", worker="",
                contact="", since=time.time(), reason="unavailable", due=0,
            )  # fmt: skip
            self.store.log(job.id, "MATCH", WM, {"Dest_id": ceid})
            self.store.log(job.id, "ENQUEUED", WM, {"Queue": JC, "Result": "OK", "Dest_id": ceid})
            self.store.log(
                job.id, "DEQUEUED", JC, {"Queue": JC, "Local_jobid": f"{job.unique}.{job.attempt + 1}"}
            )
            return self.store.job(job.id)

    def at_ce(self, job: Job, contact: str) -> None:
        """GRAM has taken the job."""
        with self.store.change():
            if not self._still(job, State.READY):
                return
            self.store.update(
                job.id, state=State.SCHEDULED, contact=contact, trouble=0, reason=SUBMITTED_TO_GLOBUS
            )
            self.store.log(
                job.id, "TRANSFER", JC,
                {"Destination": LRMS, "Dest_host": job.ceid, "Dest_jobid": contact, "Result": "OK",
                 "Reason": SUBMITTED_TO_GLOBUS},
            )  # fmt: skip
            self.store.log(
                job.id, "ACCEPTED", LM, {"From": JC, "From_host": job.ceid, "Local_jobid": contact}
            )

    def running(self, job: Job, claim: str, worker: str) -> None:
        """A wrapper has the token."""
        with self.store.change():
            self.store.update(job.id, state=State.RUNNING, claim=claim, worker=worker, reason="unavailable")
            self.store.log(job.id, "RUNNING", LM, {"Node": worker})

    def really_running(self, job: Job) -> None:
        """The user's program is being started: from here a failure is no shallow one any more."""
        self.store.log(job.id, "REALLYRUNNING", LRMS, {"Wn_seq": job.attempt})

    def done(self, job: Job, exit_code: int, outputs: list[str], missing: list[str]) -> None:
        text = TERMINATED if exit_code == 0 else "Warning: job exit code != 0"
        if missing:
            text = f"{text}; not in the output sandbox, as the job made none: {', '.join(missing)}"
        with self.store.change():
            self.store.update(
                job.id,
                state=State.DONE,
                exit_code=exit_code,
                outputs=outputs,
                reason=text,
                failure="",
                leftover=True,
            )
            attributes = {"Status_code": "OK", "Exit_code": exit_code, "Reason": text, "Node": job.worker}
            self.store.log(job.id, "DONE", LRMS, attributes)

    def finished(self, job: Job, state: State, reason: str, failure: str = "") -> None:
        """The end of a compound job; it has no exit code of its own."""
        with self.store.change():
            self.store.update(job.id, state=state, reason=reason, failure=failure)
            code = "FAILED" if failure else "OK"
            self.store.log(job.id, "DONE", WM, {"Status_code": code, "Reason": reason})

    def compound_runs(self, job: Job) -> None:
        with self.store.change():
            self.store.update(job.id, state=State.RUNNING)
            self.store.log(job.id, "RUNNING", WM, {"Node": ""})

    def failed(self, job: Job, reason: str) -> bool:
        """An attempt came to nothing, what follows is booked next; false if the job has moved on."""
        with self.store.change():
            if not self._still(job, *AT_CE):
                return False
            self.store.update(job.id, failure=reason)
            self.store.log(
                job.id, "DONE", LM, {"Status_code": "FAILED", "Reason": reason, "Node": job.worker}
            )
            return True

    def resubmitted(self, job: Job, shallow: bool, counted: bool, due: float, reason: str) -> None:
        """Back to match-making, not before ``due``."""
        column, now = "shallow" if shallow else "deep", time.time()
        with self.store.change():
            trouble = 0 if counted else job.trouble or now
            counts = {column: getattr(job, column) + counted}
            self.store.update(
                job.id,
                state=State.WAITING,
                key="",
                claim="",
                due=due,
                reason=reason,
                since=now,
                trouble=trouble,
                **counts,
            )
            result = "SHALLOW" if shallow else "WILLRESUB"
            self.store.log(
                job.id, "RESUBMISSION", WM, {"Result": result, "Reason": reason, "Tag": str(job.attempt)}
            )

    def aborted(self, job: Job, reason: str) -> None:
        with self.store.change():
            if self.open_job(job.id) is None:
                return
            self.store.update(job.id, state=State.ABORTED, reason=reason, key="", leftover=True)
            self.store.log(job.id, "ABORT", WM, {"Reason": reason})

    def cancelled(self, job: Job, by: str) -> None:
        with self.store.change():
            self.store.log(
                job.id, "CANCEL", NS, {"Status_code": "REQ", "Reason": f"Cancel requested by {by}"}
            )
            self.store.update(job.id, state=State.CANCELLED, reason="Aborted by user", key="", leftover=True)
            self.store.log(job.id, "CANCEL", WM, {"Status_code": "DONE", "Reason": "Aborted by user"})

    def cleared(self, job: Job) -> None:
        self._clear(job, RETRIEVED, NS)

    def timed_out(self, job: Job) -> None:
        """Nobody has fetched the output in time, unless somebody does just now."""
        with self.store.change():
            if self._still(job, State.DONE):
                self._clear(job, TIMED_OUT, WM)

    def _clear(self, job: Job, reason: str, source: str) -> None:
        with self.store.change():
            self.store.update(job.id, state=State.CLEARED, reason=reason)
            self.store.log(job.id, "CLEAR", source, {"Reason": reason})

    def _still(self, job: Job, *states: State) -> bool:
        """Is a job as it was when it was looked at? Users and wrappers change jobs at any time."""
        now = self.store.job(job.id)
        return now is not None and now.attempt == job.attempt and now.state in states

    def open_job(self, job_id: str) -> Job | None:
        """The job, unless it has ended."""
        job = self.store.job(job_id)
        return None if job is None or job.state in ENDED else job
