"""qselect: the ids of the jobs that meet every condition given."""

from __future__ import annotations

import time
from collections.abc import Callable

from gridware.pbs import getopt, jobs, numbers, queues, request, resources, server, submit, times
from gridware.pbs.errors import UsageError, guarded
from gridware.pbs.job import Job
from gridware.program import program

VALUED = "aAchlNpqrsu"
USAGE = """usage: qselect [-a [op]date_time] [-A account_string] [-e] [-c [op]interval]
       [-h hold_list] [-l resource_list] [-N name] [-p [op]priority]
       [-q destination] [-r y|n] [-s states] [-u user_name]
"""
OPERATORS: dict[str, Callable[[int], bool]] = {
    ".eq.": lambda order: order == 0,
    ".ne.": lambda order: order != 0,
    ".ge.": lambda order: order >= 0,
    ".gt.": lambda order: order > 0,
    ".le.": lambda order: order <= 0,
    ".lt.": lambda order: order < 0,
}
Condition = Callable[[Job], bool]


@program
def main(arguments: list[str]) -> int:
    return guarded("qselect", USAGE, lambda: _select(arguments))


def _select(arguments: list[str]) -> int:
    options, operands = getopt.parse(arguments, "e", VALUED)
    if operands:
        raise UsageError
    host = server.name()
    conditions = [_condition(letter, value, host) for letter, value in options if letter != "e"]
    for job in jobs.all_jobs(host):
        if all(condition(job) for condition in conditions):
            print(job.ident)
    return 0


def _condition(letter: str, value: str, host: str) -> Condition:
    """One option as a question to a job. UsageError for a bad value, PbsError for an unknown queue."""
    holds, text = _operator(value)
    if letter == "l":
        return _resources(value)
    if letter == "q":
        name, _, elsewhere = value.partition("@")
        server.check(host, elsewhere)
        queues.pick(queues.all_queues(host, []), [name] if name else [])
        return lambda job: not name or job.queue == name
    if letter == "s":
        _letters(letter, text, "CEHQRTWS")
        return lambda job: (job.state in text) == holds(0)
    if letter == "h":
        _letters(letter, value, "nuos")
        return lambda job: job.held_by == "".join(each for each in "nuos" if each in value)
    if letter == "r":
        _letters(letter, value, "yn")
        return lambda job: (job.fields.get("Requeue") == "1") == (value == "y")
    if letter == "u":
        users = {item.partition("@")[0] for item in value.split(",")}
        return lambda job: job.user in users
    if letter == "p":
        number = _number(letter, text)
        return lambda job: holds(int(job.notes.get("Priority") or 0) - number)
    if letter == "a":
        moment = _moment(text)
        return lambda job: job.state == "W" and holds((job.moment("EligibleTime") or 0) - moment)
    if letter == "c":
        return lambda _: holds(0 if text == "u" else -1)
    key = {"A": "Account", "N": "JobName"}[letter]
    return lambda job: job.fields.get(key, "") == value


def _operator(text: str) -> tuple[Callable[[int], bool], str]:
    """``.gt.5`` → a test of an order, and ``5``; without an operator, equal."""
    return (OPERATORS[text[:4]], text[4:]) if text[:4] in OPERATORS else (OPERATORS[".eq."], text)


def _letters(letter: str, text: str, known: str) -> None:
    if not text or set(text) - set(known):
        raise UsageError(f"illegal -{letter} value")


def _number(letter: str, text: str) -> int:
    if not numbers.is_signed(text):
        raise UsageError(f"illegal -{letter} value")
    return int(text)


def _moment(text: str) -> int:
    if request.begin_fields(text) is None:
        raise UsageError("illegal -a value")
    moment = submit.begin(text, time.localtime())
    return int(time.mktime(time.strptime(moment, "%Y-%m-%dT%H:%M:%S")))


def _resources(text: str) -> Condition:
    """``walltime.gt.100,mem.le.1gb``: true for jobs that asked for each in that relation."""
    asked: list[tuple[str, Callable[[int], bool], str]] = []
    for item in text.split(","):
        name, operator, value = next(
            (item.partition(word) for word in OPERATORS if word in item), ("", "", "")
        )
        if not name or not value:
            raise UsageError(f"illegal -l value\nresource_list: {text}")
        resources.parse(f"{name.strip()}={value.strip()}")
        asked.append((name.strip(), OPERATORS[operator], value.strip()))
    return lambda job: all(
        name in _wanted(job) and holds(_order(name, _wanted(job)[name], value))
        for name, holds, value in asked
    )


def _wanted(job: Job) -> dict[str, str]:
    return {"walltime": times.clock(job.limit_seconds), "nodes": "1", **resources.noted(job.notes)}


def _order(name: str, one: str, other: str) -> int:
    """Less than, equal or more than zero, by what kind of value the resource has."""
    if name in resources.TIMES:
        return times.seconds(one) - times.seconds(other)
    if name in resources.SIZES:
        return resources.size(one) - resources.size(other)
    if name in resources.COUNTS:
        return int(one) - int(other)
    return (one > other) - (one < other)
