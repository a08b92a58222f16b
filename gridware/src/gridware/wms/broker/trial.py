"""A JDL is tried in a process of its own before the broker takes it.

The ClassAd library is C++: a JDL on which it crashes, or never ends, must not take the broker along.
"""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Sequence

from gridware.jdl import functions, rules
from gridware.jdl.attributes import text
from gridware.pace import longer
from gridware.wms.broker import compound, deadline, retries, wrapper
from gridware.wms.broker.children import Children
from gridware.wms.broker.job import Job
from gridware.wms.broker.settings import Settings
from gridware.wms.data import Data, wanted
from gridware.wms.matching import match, parse
from gridware.wms.resources import Resource

WORK = b"t"
_SECONDS = 20
_CPU_SECONDS = 10
_MEMORY = 1 << 30
_FINE = b"fine\n"


class TrialError(Exception):
    """A JDL that can't be used; the text says why."""


class Trials:
    """Tries JDLs in children of a process that stays."""

    def __init__(self, children: Children) -> None:
        self._children = children

    def check(self, jdls: Sequence[str]) -> None:
        """Raises TrialError for the first of these JDLs that can't be used."""
        question = json.dumps(list(jdls)).encode()
        verdict = self._ask(question)
        if not verdict and self._children.ended():
            # Not the JDL has ended it: nothing of a trial reaches beyond its child.
            verdict = self._ask(question)
        if verdict != _FINE:
            raise TrialError(verdict.decode(errors="replace") or "the JDL can't be evaluated")

    def _ask(self, question: bytes) -> bytes:
        """What a child says; nothing if it has died."""
        try:
            return self._children.ask(WORK, question, longer(_SECONDS))
        except TimeoutError:
            raise TrialError("the JDL can't be evaluated in reasonable time") from None


def problem(jdl: str) -> str:
    """Do with a JDL all that the broker will do with it.

    Functions are judged by their names: whether one is called may depend on the resource, which is none yet.
    """
    if name := functions.stranger(jdl):
        return f"{name} is no function that a JDL can call"
    job = Job("https://x:9000/y", "", "", [], "", jdl, [], "", "", "", 0, 0)
    anything = Resource("x:2119/jobmanager-x-x", {"GlueCEStateStatus": "Production"}, ("VO:",))
    try:
        ad = parse(jdl)
        if (place := text(ad, "SubmitTo")) and not rules.names_ce(place):
            return f"SubmitTo: {place!r} names no CE"
        match(jdl, [anything], "", (), Data(dict.fromkeys(wanted(ad), ("sfn://x/y",))))
        wrapper.rsl(job, wrapper.spec(job, wrapper.BrokerAddress("x", 1), anything))
        deadline.over(job)
        compound.dependencies(jdl)
        retries.limits(job, Settings("x", 1, "x", (), ()))
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def tried(question: bytes) -> bytes:
    """A child's work."""
    most = int(longer(_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(int(longer(_SECONDS)))
    return next(filter(None, map(problem, json.loads(question))), "").encode() or _FINE
