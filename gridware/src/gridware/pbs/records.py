"""The one-line records of ``scontrol show -o``: ``Key=value Key=value …``, where values may hold blanks."""

from __future__ import annotations

PER_NODE = ("Nodes", "CPU_IDs")
"""Keys of ``scontrol show job -d`` that come once per group of nodes."""
OWNED = ("Command", "WorkDir", "Comment", "StdErr", "StdIn", "StdOut")
"""The keys with which a job's record ends: a path may hold words like keys, and opens no other field."""
MOST = 100_000
"""Numbers in a range."""


def parse(line: str) -> dict[str, str]:
    """One record; values of keys that come several times are joined by blanks.

    A word opens a field if what stands before its ``=`` looks like a key; any other word belongs to the value
    before it. slurmctld takes no job with such words in a name or comment (job_submit.lua).
    """
    fields: dict[str, str] = {}
    key = ""
    for word in printable(line).split(" "):
        head, equals, value = word.partition("=")
        if equals and _is_key(head) and (head in OWNED or OWNED[0] not in fields):
            key = head
            fields[key] = f"{fields[key]} {value}" if key in PER_NODE and key in fields else value
        elif key and word:
            fields[key] += f" {word}"
    return {key: value.strip() for key, value in fields.items()}


def printable(text: str) -> str:
    """What others wrote, a job's name for instance, for a terminal: without line ends and control signs."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)


def expand_hosts(text: str) -> list[str]:
    """``wn[1-2,7],se`` → wn1, wn2, wn7, se, as ``scontrol show hostnames`` does."""
    hosts: list[str] = []
    for part in _split_outside_brackets(text):
        head, bracket, rest = part.partition("[")
        ranges = rest.removesuffix("]") if bracket else ""
        hosts += [f"{head}{number}" for number in _numbers(ranges)] if bracket else [part]
    return hosts


def expand_numbers(text: str) -> list[int]:
    """``0-1,4`` → 0, 1, 4."""
    return [int(number) for number in _numbers(text)]


def expand_steps(text: str) -> list[int]:
    """Slurm's list of tasks, ``1,3-5,6-10:2`` → 1, 3, 4, 5, 6, 8, 10."""
    found: list[int] = []
    for item in filter(None, text.split(",")):
        span, _, step = item.partition(":")
        low, _, high = span.partition("-")
        found += _range(int(low), int(high or low), int(step or 1))
    return found


def _numbers(ranges: str) -> list[str]:
    numbers: list[str] = []
    for item in filter(None, ranges.split(",")):
        low, _, high = item.partition("-")
        numbers += [f"{n:0{len(low)}d}" for n in _range(int(low), int(high or low))]
    return numbers


def _range(low: int, high: int, step: int = 1) -> range:
    """From ``low`` to ``high``. ValueError for more than any site has."""
    if high - low > MOST:
        raise ValueError(f"{low}-{high}")
    return range(low, high + 1, step)


def _split_outside_brackets(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += {"[": 1, "]": -1}.get(char, 0)
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part and part != "(null)"]


def _is_key(word: str) -> bool:
    return word[:1].isupper() and all(char.isalnum() or char in "_/:&" for char in word)
