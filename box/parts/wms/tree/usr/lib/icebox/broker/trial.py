"""A JDL is tried in a process of its own before the broker takes it.

The ClassAd library is C++: a JDL on which it crashes, or never ends, must not take the broker along.
``python3 -m broker.trial`` reads a list of JDLs from standard input and prints what is wrong, if anything.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence

_SECONDS = 20
_CPU_SECONDS = 10
_MEMORY = 1 << 30


class TrialError(Exception):
    """A JDL that can't be used; the text says why."""


def check(jdls: Sequence[str]) -> None:
    """Raises TrialError for the first of these JDLs that can't be used."""
    words = [sys.executable, "-m", "broker.trial"]
    try:
        done = subprocess.run(
            words, input=json.dumps(list(jdls)), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise TrialError("the JDL can't be evaluated in reasonable time") from None
    if done.returncode or done.stdout.strip():
        raise TrialError(done.stdout.strip() or "the JDL can't be evaluated")


def problem(jdl: str) -> str:
    """Do with a JDL all that the broker will do with it."""
    from wms.data import Data, wanted
    from wms.matching import match, parse
    from wms.resources import Resource

    from broker import compound, deadline, retries, wrapper
    from broker.job import Job
    from broker.settings import Settings

    job = Job("https://x:9000/y", "", "", [], "", jdl, [], "", "", "", 0, 0)
    anything = Resource("x:2119/jobmanager-x-x", {"GlueCEStateStatus": "Production"}, ("VO:",))
    try:
        ad = parse(jdl)
        match(jdl, [anything], "", (), Data(dict.fromkeys(wanted(ad), ("sfn://x/y",))))
        wrapper.rsl(job, wrapper.spec(job, wrapper.Door("x", 1), anything))
        deadline.over(job)
        compound.dependencies(jdl)
        retries.limits(job, Settings("x", 1, "x", (), ()))
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    text = next(filter(None, map(problem, json.load(sys.stdin))), "")
    print(text)
    sys.stdout.flush()
    # Without the library's own good-byes.
    os._exit(0)


if __name__ == "__main__":
    main()
