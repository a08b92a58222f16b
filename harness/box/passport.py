"""The passport of one job: what became of it on UI, RB, CE and WN, in one timeline.

A broker's job is followed by the names it gets on its way: the broker's books have its GRAM contact, the
script that the batch system was given has that, too, and whoever runs it writes the batch system's number.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harness.box.box import Box
from harness.dom0.place import PYTHON
from harness.errors import CheckFailed, IceboxError, InputError
from harness.site import Node, Role, Site

PATIENCE = 20.0
"""Seconds for one question to a node."""
BROKERS = re.compile(r"https://(?P<host>[\w.-]+)(?::\d+)?/(?P<key>[A-Za-z0-9_-]{16,})")
CONTACT = re.compile(r"https://(?P<host>[\w.-]+):\d+/\d+/\d+/?")
BATCH = re.compile(r"(?P<number>\d+)(?:\.(?P<host>[\w.-]+))?")
BOOKS = """\
import json, sqlite3, sys
books = sqlite3.connect("file:/var/lib/icebox/wms/book.db?mode=ro", uri=True)
books.row_factory = sqlite3.Row
JOB = "select * from jobs where substr(id, -length(?1) - 1) = '/' || ?1"
EVENTS = "select time, name, source, attributes from events where job = ? order by number"
for job in books.execute(JOB, (sys.argv[1],)):
    events = [dict(each) for each in books.execute(EVENTS, (job["number"],))]
    shown = {name: job[name] for name in ("state", "contact", "exit_code", "reason", "failure")}
    print(json.dumps({"job": shown, "events": events}))
"""
"""What the broker wrote of a job: one line of JSON, or none."""
FIND = """\
for job in $(squeue -h -t all -o %A); do
    scontrol write batch_script "$job" - 2>/dev/null | grep -qF "$1" && echo "$job"
done
true
"""
"""Numbers of the batch jobs whose script has a GRAM contact in it; the scheduler forgets jobs that ended."""
LOGGED = 'journalctl --no-pager -q -o short-unix | grep -E -- "$1" | tail -n 40; true'
LINE = re.compile(r"(?P<time>\d+\.\d+) \S+ (?P<who>[^\[:]+)(?:\[\d+\])?: (?P<what>.*)")
SOURCES = {"UserInterface": Role.UI, "LRMS": Role.WN}
"""Of the broker's events; all others are the RB's own."""
SHOWN = ("Reason", "Dest_id", "Dest_jobid", "Node", "Result", "Exit_code")


@dataclass(frozen=True)
class Event:
    """Something that happened to a job."""

    time: float
    """Seconds since 1970."""
    where: str
    """The role of the machine that it happened on, or that is known by."""
    node: str
    what: str


@dataclass(frozen=True)
class Passport:
    """All that is known of a job."""

    job: str
    names: tuple[str, ...]
    """Further names that it got on its way."""
    state: str
    events: tuple[Event, ...]
    gaps: tuple[str, ...] = ()
    """What could not be found out, in words."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def of(box: Box, word: str) -> Passport:
    """Follow the job that ``word`` names: the broker's id, a GRAM contact, or the batch system's number.

    Raises InputError for a word that names none, CheckFailed for a job nobody knows.
    """
    trace = _Trace(box)
    if (found := BROKERS.fullmatch(word)) and not CONTACT.fullmatch(word):
        trace.at_broker(found["key"])
    elif found := CONTACT.fullmatch(word):
        trace.at_ce(_ce(box.site, found["host"]), word)
    elif found := BATCH.fullmatch(word):
        trace.in_batch(_ce(box.site, found["host"] or ""), found["number"])
    else:
        raise InputError(
            f"{word[:200]!r} is no job",
            where="ID",
            remedy="give what glite-wms-job-submit, globus-job-submit or qsub printed",
        )
    if not trace.events:
        why = "; ".join(trace.gaps) or "no node has written of it, or its logs are gone"
        raise CheckFailed("nobody knows this job", where=word[:200], why=why)
    events = tuple(sorted(dict.fromkeys(trace.events), key=lambda event: event.time))
    return Passport(
        word, tuple(dict.fromkeys(trace.names)), trace.state or events[-1].what, events, tuple(trace.gaps)
    )


def _ce(site: Site, host: str) -> Node:
    """The CE that a name in an id means; the first one if it names none."""
    return next((ce for ce in site.ces if host in (ce.name, ce.fqdn)), site.ce)


class _Trace:
    """What is found as a job is followed from node to node; what can't be asked leaves a gap."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.events: list[Event] = []
        self.names: list[str] = []
        self.gaps: list[str] = []
        self.state = ""

    def at_broker(self, key: str) -> None:
        for line in self._said(self.box.site.rb, [PYTHON, "-IS", "-c", BOOKS, key]):
            found = json.loads(line)
            self._books(found["job"], found["events"])

    def _books(self, job: dict[str, Any], events: list[dict[str, Any]]) -> None:
        ended = "" if job["exit_code"] is None else f", exit code {job['exit_code']}"
        why = f": {job['failure'] or job['reason']}" if job["failure"] or job["reason"] else ""
        self.state = f"{job['state']}{ended}{why}"
        contacts = [job["contact"]] if job["contact"] else []
        for event in events:
            told = json.loads(event["attributes"])
            words = " ".join(f"{name}={told[name]}" for name in SHOWN if told.get(name))
            role = SOURCES.get(event["source"], Role.RB)
            node = _named(self.box.site, told.get("Node", ""), role)
            what = f"{event['name']} {words}".strip()
            self.events.append(Event(event["time"], node.role.upper(), node.name, what))
            contacts += [
                told[name] for name in ("Dest_jobid", "Local_jobid") if CONTACT.fullmatch(told.get(name, ""))
            ]
        for contact in dict.fromkeys(contacts):
            found = CONTACT.fullmatch(contact)
            self.at_ce(_ce(self.box.site, found["host"] if found else ""), contact)

    def at_ce(self, ce: Node, contact: str) -> None:
        self.names.append(contact)
        numbers = list(self._said(ce, ["sh", "-c", FIND, "find", contact]))
        path = re.escape(re.sub(r"^https://[^/]+", "", contact))
        self._logs(ce, path)
        if not numbers:
            self.gaps.append(f"{ce}: the batch system does not know {contact} any more, or never did")
        for number in numbers:
            self.in_batch(ce, number)

    def in_batch(self, ce: Node, number: str) -> None:
        self.names.append(f"{number}.{ce.fqdn}")
        self._logs(ce, rf"JobId={number}\b|\b{number}\.{re.escape(ce.fqdn)}")
        for wn in self.box.site.wns_of(ce):
            self._logs(wn, rf"job {number}\b|JobId={number}\b|StepId={number}\.")

    def _logs(self, node: Node, pattern: str) -> None:
        for line in self._said(node, ["sh", "-c", LOGGED, "logged", pattern]):
            if found := LINE.match(line):
                what = f"{found['who']}: {found['what']}"
                self.events.append(Event(float(found["time"]), node.role.upper(), node.name, what[:300]))

    def _said(self, node: Node, words: list[str]) -> Iterable[str]:
        try:
            way = self.box.way_in(node)
            if way is None:
                self.gaps.append(f"{node} is down")
                return ()
            return way.run(words, timeout=PATIENCE).check().stdout.splitlines()
        except (IceboxError, OSError) as error:
            self.gaps.append(f"{node}: {error}")
            return ()


def _named(site: Site, host: str, role: Role) -> Node:
    """The node that an event names, or else the first one of its role."""
    return next((node for node in site.nodes if host in (node.name, node.fqdn)), site.of(role)[0])


def named_in(text: str, site: Site) -> tuple[str, ...]:
    """The jobs that a text names, as ``of`` takes them: the broker's, a gatekeeper's, the batch system's."""
    found = [match[0] for match in BROKERS.finditer(text)]
    found += [match[0] for match in CONTACT.finditer(text)]
    hosts = "|".join(re.escape(ce.fqdn) for ce in site.ces)
    found += [match[0] for match in re.finditer(rf"(?<![\w.-])\d+\.(?:{hosts})(?![\w.-])", text)]
    return tuple(dict.fromkeys(found))


def clock(moment: float) -> str:
    """Local time with milliseconds: what happens on one machine happens within a second."""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(moment))}.{int(moment * 1000) % 1000:03d}"


def lines(passport: Passport, clock: Callable[[float], str] = clock) -> Iterator[str]:
    """As a person reads it; ``clock`` gives the time of an event."""
    yield f"job {passport.job}"
    for name in passport.names:
        yield f"  also {name}"
    yield f"  now  {passport.state}"
    for event in passport.events:
        yield f"  {clock(event.time)}  {event.where:<3} {event.node:<14} {event.what}"
    for gap in passport.gaps:
        yield f"  not found out: {gap}"
