"""HTCondor's queue: where every attempt lies while it is on its way to a CE, at a CE, or coming back.

The queue survives any crash; an attempt is found in it by its name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import htcondor2

from gridware.pace import longer

IDLE, RUNNING, REMOVED, COMPLETED, HELD = 1, 2, 3, 4, 5
_SUBMITTING = 60
"""Seconds for condor_submit."""

_DESCRIPTION = """universe = grid
grid_resource = batch gram
executable = {directory}/rsl
transfer_executable = false
initialdir = {directory}
output = /dev/null
error = /dev/null
x509userproxy = {proxy}
batch_queue = {queue}
notification = never
should_transfer_files = no
leave_in_queue = false
periodic_remove = false
on_exit_hold = false
+GliteAttempt = "{name}"
queue 1
"""


class CondorError(Exception):
    """The schedd could not be asked or refused."""


@dataclass(frozen=True)
class Entry:
    """An attempt in the queue."""

    attempt: str
    cluster: int
    status: int
    hold_reason: str
    grid_job: str
    owner: str


@dataclass(frozen=True)
class Order:
    """What HTCondor needs to know of an attempt."""

    name: str
    account: str
    directory: str
    proxy: str
    queue: str


def entries() -> list[Entry]:
    """The attempts in the queue; raises CondorError."""
    wanted = ["ClusterId", "JobStatus", "HoldReason", "GridJobId", "GliteAttempt", "Owner"]
    try:
        ads = htcondor2.Schedd().query("GliteAttempt =!= undefined", wanted)
    except Exception as error:  # the library raises whatever its C++ side had
        raise CondorError(f"the schedd does not answer: {error}") from None
    return [
        Entry(
            str(ad["GliteAttempt"]),
            int(ad["ClusterId"]),
            int(ad["JobStatus"]),
            str(ad.get("HoldReason", "")),
            str(ad.get("GridJobId", "")),
            str(ad.get("Owner", "")),
        )
        for ad in ads
    ]


def submit(orders: Sequence[Order]) -> None:
    """Put attempts of one account into the queue, as that account; raises CondorError.

    HTCondor takes all of them or none.
    """
    text = "\n".join(
        _DESCRIPTION.format(directory=o.directory, proxy=o.proxy, queue=o.queue, name=o.name) for o in orders
    )
    words = [
        "setpriv",
        f"--reuid={orders[0].account}",
        "--regid",
        _group(orders[0].account),
        "--clear-groups",
    ]
    words += ["condor_submit", "-terse", "-disable", "-"]
    try:
        done = subprocess.run(
            words,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=longer(_SUBMITTING),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CondorError("condor_submit did not end") from None
    if done.returncode:
        raise CondorError(" ".join(done.stderr.split()) or f"condor_submit ended with {done.returncode}")


def remove(clusters: Sequence[int], why: str) -> None:
    """Take attempts out of the queue; what is at the CE is cancelled there. Raises CondorError."""
    _act(htcondor2.JobAction.Remove, clusters, why)


def forget(clusters: Sequence[int], why: str) -> None:
    """Drop attempts whose CE can't be reached any more, without waiting for it."""
    _act(htcondor2.JobAction.RemoveX, clusters, why)


def _act(action: htcondor2.JobAction, clusters: Sequence[int], why: str) -> None:
    if not clusters:
        return
    try:
        htcondor2.Schedd().act(action, [f"{cluster}.0" for cluster in clusters], why)
    except Exception as error:  # as above
        raise CondorError(f"the schedd does not answer: {error}") from None


def _group(account: str) -> str:
    import pwd

    return str(pwd.getpwnam(account).pw_gid)
