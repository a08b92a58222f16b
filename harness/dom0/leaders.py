"""Processes of a machine that lead others, found by two words of their command line.  Typed there.

As ``python3 -c THIS firsts LABEL``: prints token and number of the first child of each process that has the
word LABEL and then a token in its command line.

As ``python3 -c THIS WHOM LABEL TOKEN SIGNAL SECONDS``: sends the signal to the ``leaders`` marked so, or to
their children (``firsts``), and prints ``ended`` once none of them is left, or ``left`` if the time is
over before.  Needs nothing but Python.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # it takes longer to load than to look at all processes of a box
    from collections.abc import Iterator

STARTING = 60.0
"""Seconds that the program may take beside those it is told; it takes 0.05 on an idle machine."""
WHOM = ("firsts", "leaders")
ENDED, LEFT = "ended", "left"
PAUSE = 0.01


def processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read(number: int, name: str) -> bytes:
    """A file of a process; empty if it is gone."""
    try:
        with open(f"/proc/{number}/{name}", "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def leaders(label: str) -> Iterator[tuple[str, int]]:
    """Token and number of each process marked by ``label``."""
    for number in processes():
        words = read(number, "cmdline").decode(errors="replace").split("\0")
        token = words[words.index(label) + 1] if label in words[:-1] else ""
        if len(token.split()) == 1 and not looks(words, label) and is_ours(number):
            yield token, number


def is_ours(number: int) -> bool:
    """Whether a process is root's and of this machine itself: anybody in a container can bear any word."""
    uids = next((line.split()[1:] for line in read(number, "status").splitlines() if line[:4] == b"Uid:"), [])
    return set(uids) == {b"0"} and namespace(str(number)) == namespace("self")


def namespace(process: str) -> str:
    """The process namespace of a process; empty if it is gone."""
    try:
        return os.readlink(f"/proc/{process}/ns/pid")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def state(number: int) -> tuple[str, int]:
    """State letter and parent of a process; dead ones have the letter Z."""
    fields = read(number, "stat").rpartition(b")")[2].split()
    return (fields[0].decode(), int(fields[1])) if fields else ("Z", 0)


def looks(words: list[str], label: str) -> bool:
    """Whether they are of who looks for leaders: this program, another one of it, or what runs one."""
    return words[words.index(label) - 1] in WHOM


def firsts(label: str) -> Iterator[tuple[str, int]]:
    """Token, and number of the living first child, of each process marked by ``label``."""
    tokens = {number: token for token, number in leaders(label)}
    for number in sorted(processes()) if tokens else ():
        letter, parent = state(number)
        if parent in tokens and letter != "Z":
            yield tokens.pop(parent), number


def signal(numbers: list[int], kind: int, seconds: float) -> str:
    """Send it, and wait for them to end."""
    for number in numbers:
        try:
            os.kill(number, kind)
        except ProcessLookupError:
            continue
    end = time.monotonic() + seconds
    while any(state(number)[0] != "Z" for number in numbers):
        if time.monotonic() > end:
            return LEFT
        time.sleep(PAUSE)
    return ENDED


def main(whom: str, label: str, token: str = "", kind: str = "0", seconds: str = "0") -> None:
    found = {"firsts": firsts, "leaders": leaders}[whom](label)
    if not token:
        for each, number in found:
            print(each, number)
    else:
        print(signal([number for each, number in found if each == token], int(kind), float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
