"""The GAHP server that HTCondor's gridmanager starts for an account: it takes attempts to CEs, by GRAM.

Of HTCondor's commands for batch systems (BLAH_…, as blahpd has them) those that a gridmanager uses. Whatever
GRAM is asked, a child asks: it has the libraries loaded and its job's proxy, and no CE's silence holds up
others.
"""

from __future__ import annotations

import gc
import os
import re
import select
import signal
from collections import deque
from contextlib import suppress

from gridware.pace import longer
from gridware.tuples import NamedTuple
from gridware.wms.gahp.attempt import COMPLETED, SUBMITTING, Attempt
from gridware.wms.gahp.gram import Gram, GramError
from gridware.wms.gahp.lines import Lines, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Result = Sequence[str]
    """The words of a result behind the number of its request."""

VERSION = "$GahpVersion: 1.0.0 Nov 2026 Icebox\\ GRAM $"
MOST, OF_ONE_CE = 12, 4
"""Children at a time, and those of them that ask the same CE: one that is silent leaves room for others.  A
gridmanager has as many submissions under way (GRIDMANAGER_MAX_PENDING_SUBMITS_PER_RESOURCE)."""
LONGEST = 2 * SUBMITTING + 10
"""Seconds of a child: another one may have a submission of the same attempt in hand."""
_CHUNK = 1 << 16
_FINE = ("0", "No error")
_RSL = re.compile(r'[\[;]\s*Cmd\s*=\s*"([^"]*/[^"/]+/[^"/]+/[^"/]+)"')


class Work(NamedTuple):
    """What a child has to do for a request; ``lost`` gives the result if it has died of it."""

    request: str
    attempt: Attempt
    deed: Callable[[Attempt, Gram], Result]
    lost: Callable[[Attempt], Result]
    ce: str


class Server:
    """Serves one gridmanager: questions from one file, answers to another."""

    def __init__(self, gram: Gram, questions: int = 0, answers: int = 1) -> None:
        self._gram = gram
        self._questions, self._answers = questions, answers
        self._lines = Lines()
        self._waiting: deque[Work] = deque()
        self._children: dict[int, tuple[Work, int]] = {}
        self._results: list[str] = []
        self._unasked = False
        """Does the gridmanager want to hear that there are results?"""
        self._direct: dict[str, Callable[[], str]] = {
            "COMMANDS": lambda: line("S", *self._direct, *self._works, "QUIT"),
            "VERSION": lambda: f"S {VERSION}\n",
            "ASYNC_MODE_ON": self._tell_unasked,
            "RESULTS": self._told,
        }
        self._works: dict[str, Callable[[str, list[str]], None]] = {
            "BLAH_PING": lambda request, _words: self._over(request, _FINE),
            "BLAH_JOB_SUBMIT": self._submit,
            "BLAH_JOB_STATUS": self._status,
            "BLAH_JOB_CANCEL": self._cancel,
            # The broker brings renewed proxies to CEs itself.
            "BLAH_JOB_REFRESH_PROXY": lambda request, _words: self._over(request, _FINE),
        }

    def run(self) -> None:
        """Until the gridmanager says QUIT, or ends; children finish what they have begun."""
        # What is there already is never collected: else each child would copy all of it.
        gc.freeze()
        self._say(f"{VERSION}\n")
        while True:
            ready, _, _ = select.select([self._questions, *self._children], [], [])
            for file in ready:
                if file != self._questions:
                    self._ended(file)
                elif not self._heard(os.read(file, _CHUNK)):
                    return

    def _heard(self, text: bytes) -> bool:
        """Do what a piece of the gridmanager's words asks for; false if it is the last."""
        for command, *words in self._lines.feed(text.decode(errors="replace")):
            name = command.upper()
            if name == "QUIT":
                self._say("S\n")
                return False
            if name in self._direct:
                self._say(self._direct[name]())
            elif name in self._works and words:
                self._say("S\n")
                self._works[name](words[0], words[1:])
            else:
                self._say("E\n")
        return bool(text)

    def _tell_unasked(self) -> str:
        self._unasked = True
        return "S\n"

    def _told(self) -> str:
        results, self._results = self._results, []
        return line("S", len(results)) + "".join(results)

    def _submit(self, request: str, words: list[str]) -> None:
        found = _RSL.search(words[0]) if words else None
        if found is None:
            self._over(request, ("1", "the job names no RSL", "NULL"))
        else:
            attempt = Attempt.of(found[1])
            # It waits for no cancelling: who waits too long for it takes the attempt for failed.
            ahead = sum(each.deed is _submitted for each in self._waiting)
            self._waiting.insert(ahead, Work(request, attempt, _submitted, _submission_lost, attempt.ce))
            self._go_on()

    def _status(self, request: str, words: list[str]) -> None:
        attempt = Attempt(words[0] if words else "")
        # What is known is told at once rather than late: a gridmanager asks again soon, but gives up a job
        # whose answers take too long.
        if attempt.due and self._has_room(attempt.ce):
            self._start(Work(request, attempt, _asked, _described, attempt.ce))
        else:
            self._over(request, _described(attempt))

    def _cancel(self, request: str, words: list[str]) -> None:
        attempt = Attempt(words[0] if words else "")
        self._waiting.append(Work(request, attempt, _cancelled, _cancelling_lost, attempt.ce))
        self._go_on()

    def _go_on(self) -> None:
        """Start what waits, as far as there is room."""
        while work := next((each for each in self._waiting if self._has_room(each.ce)), None):
            self._waiting.remove(work)
            self._start(work)

    def _has_room(self, ce: str) -> bool:
        mine = sum(work.ce == ce for work, _child in self._children.values())
        return len(self._children) < MOST and mine < OF_ONE_CE

    def _start(self, work: Work) -> None:
        with suppress(GramError):  # the child meets it as well, and tells
            self._gram.take(work.attempt.proxy)
        mine, its = os.pipe()
        try:
            child = os.fork()
        except OSError:  # no process, or no memory, is left for it
            os.close(mine)
            self._over(work.request, work.lost(work.attempt))
        else:
            if child == 0:
                self._work(work, its)
            self._children[mine] = (work, child)
        os.close(its)

    def _work(self, work: Work, answer: int) -> None:
        """A child's life: without the libraries' own good-byes at its end."""
        try:
            signal.alarm(int(longer(LONGEST)))
            nowhere = os.open(os.devnull, os.O_RDWR)
            for file in (self._questions, self._answers):
                os.dup2(nowhere, file)
            os.write(answer, line(*work.deed(work.attempt, self._gram)).encode())
        finally:
            os._exit(0)

    def _ended(self, file: int) -> None:
        """A child has said its result, or died."""
        work, child = self._children.pop(file)
        with open(file, "rb") as answer:
            text = answer.read().decode()
        os.waitpid(child, 0)
        said = next(Lines().feed(text), None)
        self._over(work.request, work.lost(work.attempt) if said is None else said)
        self._go_on()

    def _over(self, request: str, result: Result) -> None:
        self._results.append(line(request, *result))
        if self._unasked and len(self._results) == 1:
            self._say("R\n")

    def _say(self, text: str) -> None:
        rest = text.encode()
        while rest:
            rest = rest[os.write(self._answers, rest) :]


def _submitted(attempt: Attempt, gram: Gram) -> Result:
    try:
        attempt.submit(gram)
    except (GramError, OSError) as error:
        return ("1", str(error), "NULL")
    return (*_FINE, attempt.name)


def _submission_lost(attempt: Attempt) -> Result:
    if attempt.contact:
        return (*_FINE, attempt.name)
    return ("1", "the GRAM client was lost (error code 12)", "NULL")


def _asked(attempt: Attempt, gram: Gram) -> Result:
    attempt.ask(gram)
    return _described(attempt)


def _described(attempt: Attempt) -> Result:
    status = attempt.status
    code = "ExitCode=0;" if status == COMPLETED else ""
    name = attempt.name.rpartition("/")[2]
    return (*_FINE, str(status), f'[BatchJobId="{name}";JobStatus={status};{code}]')


def _cancelled(attempt: Attempt, gram: Gram) -> Result:
    try:
        attempt.cancel(gram)
    except GramError as error:
        return ("1", str(error))
    return _FINE


def _cancelling_lost(_attempt: Attempt) -> Result:
    return ("1", "the GRAM client was lost")


def main() -> None:
    """As the gridmanager starts it; the environment says which ports CEs may call back."""
    Server(Gram()).run()
