"""Speak a service's first words with it, and say whether it answers as it must.

As ``python3 -c THIS TARGETS EACH UNTIL CONNECTING``: TARGETS is JSON, a list of kind, host and port.  Each
gets EACH seconds for its answer, all side by side, and is asked again for UNTIL seconds as long as that is
not well; a try may take CONNECTING seconds until there is a connection then.
For each a line of JSON is printed, in their order: what is wrong, empty if nothing is, and what was shown:
certificates as PEM, or the first line.  Needs nothing but Python.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from harness.dom0.protocols import TALKS, BadReply, Shown

PAUSE, CONNECTING = 0.1, 0.3
"""Seconds until one is asked again, and on usual machines for a connection to one that is just coming up."""
Target = tuple[str, str, int]
"""Kind of talk (``TALKS``), address and port."""


class Answer(NamedTuple):
    """What came of a talk: what is wrong, empty if nothing is, and what was shown."""

    why: str
    shown: Shown = []  # noqa: RUF012 - nobody changes it
    seconds: float = 0.0
    """Until it was there, connection included."""


def once(target: Target, seconds: float, connecting: float) -> Answer:
    """Speak with a service."""
    started = time.monotonic()
    why, shown, _ = _spoken(target, seconds, connecting)
    return Answer(why, shown, round(time.monotonic() - started, 3))


def _spoken(target: Target, seconds: float, connecting: float) -> Answer:
    kind, host, port = target
    try:
        wire = socket.create_connection((host, port), connecting)
    except ConnectionRefusedError:
        return Answer("the connection is refused")
    except TimeoutError:
        return Answer(f"no connection within {connecting:.3g} s")
    except OSError as error:
        return Answer(str(error))
    with wire:
        wire.settimeout(seconds)
        try:
            return Answer("", TALKS[kind](wire))
        except TimeoutError:
            return Answer(f"it takes the connection, and says nothing within {seconds:.3g} s")
        except (OSError, BadReply, ValueError) as error:
            return Answer(str(error) or type(error).__name__)


def again(target: Target, each: float, until: float, connecting: float = CONNECTING) -> Answer:
    """The same, asked again until it is well or ``until`` seconds are over."""
    end = time.monotonic() + until
    while True:
        left = max(connecting, end - time.monotonic()) if until else each
        answer = once(target, min(each, left), min(each, left, connecting) if until else each)
        if not answer.why or time.monotonic() >= end:
            return answer
        time.sleep(PAUSE)


def speak(
    targets: Sequence[Target], each: float, until: float, connecting: float = CONNECTING
) -> list[Answer]:
    """Speak with all of them, side by side."""
    told = [Answer(f"it has not answered within {max(each, until):.3g} s")] * len(targets)

    def ask(number: int) -> None:
        told[number] = again(targets[number], each, until, connecting)

    # One that sends a byte now and then is not waited for.
    end = time.monotonic() + 2 * each + until
    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(len(targets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(told)


if __name__ == "__main__":
    for answer in speak(json.loads(sys.argv[1]), *map(float, sys.argv[2:])):
        print(json.dumps(answer))
