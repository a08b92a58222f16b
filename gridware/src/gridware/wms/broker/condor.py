"""HTCondor's queue: where every attempt lies while it is on its way to a CE, at a CE, or coming back.

The queue survives any crash; an attempt is found in it by its name.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

import htcondor2

from gridware.pace import longer
from gridware.wms.broker.children import Children

IDLE, RUNNING, REMOVED, COMPLETED, HELD = 1, 2, 3, 4, 5
WORK = b"s"
_SUBMITTING = 60
"""Seconds until the schedd has taken attempts."""
_FINE = b"queued\n"
_PLAIN = re.compile("[!-#%-~]*")
"""What is nothing but itself in a description: on one line, without macros."""

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
    owner: str


@dataclass(frozen=True)
class Order:
    """What HTCondor needs to know of an attempt; raises CondorError for what it would read as something else.

    A queue's name is what somebody wrote into a JDL.
    """

    name: str
    account: str
    directory: str
    proxy: str
    queue: str

    def __post_init__(self) -> None:
        for each in vars(self).values():
            if not _PLAIN.fullmatch(each):
                raise CondorError(f"{each!r} can't stand in HTCondor's queue")


def entries() -> list[Entry]:
    """The attempts in the queue; raises CondorError."""
    wanted = ["ClusterId", "JobStatus", "HoldReason", "GliteAttempt", "Owner"]
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
            str(ad.get("Owner", "")),
        )
        for ad in ads
    ]


def submit(orders: Sequence[Order], children: Children) -> None:
    """Put attempts of one account into the queue, as that account; raises CondorError.

    If it comes to an error half-way, those before it are queued.
    """
    question = json.dumps([orders[0].account, *(_DESCRIPTION.format(**vars(order)) for order in orders)])
    try:
        answer = children.ask(WORK, question.encode(), longer(_SUBMITTING))
    except TimeoutError:
        raise CondorError("the schedd takes no attempts") from None
    if answer != _FINE:
        raise CondorError(answer.decode(errors="replace") or "nobody is left to tell")


def queued(question: bytes) -> bytes:
    """A child's work: it becomes the account, and HTCondor knows it as that."""
    signal.alarm(int(longer(_SUBMITTING)))
    account, *descriptions = json.loads(question)
    entry = pwd.getpwnam(account)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    try:
        schedd = htcondor2.Schedd()
        for each in descriptions:
            schedd.submit(htcondor2.Submit(each), count=1)
    except Exception as error:  # the library raises whatever its C++ side had
        return " ".join(str(error).split()).encode() or b"the schedd refuses the attempt"
    return _FINE


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
