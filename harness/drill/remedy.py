"""A printed remedy, typed: what a person makes of it who knows no more than what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from harness.box import restart
from harness.box.box import Box
from harness.diagnosis.finding import Finding
from harness.errors import IceboxError
from harness.site import Node
from harness.state import checkout

HERE, BOX, LAPTOP = "here", "the whole box", "laptop"
PART = re.compile(r"(?:`[^`]*`|[^`;])+")
LOOKS = re.compile(
    r"(systemctl (status|--failed)|journalctl|df|ls|qstat|pbsnodes -a|nft list|sha256sum|date|findmnt|ss|ps|"
    r"lslocks|cat|du|openssl x509|hostname$|\./icebox (status|console|diagnose|ssh \S+$))\b"
)
"""Commands that only look."""
ROUND = re.compile(r"\./icebox stop\b.*?\bstart\b")
"""However it is put: the box is stopped and started."""
AT = re.compile(
    r"\bon (?:the )?(CE|WN|SE|UI|RB|dom0|laptop)\b|^(?:each|the )?(CE|WN|SE|UI|RB)\b", re.IGNORECASE
)
MENDS = ("restore", "move")
TIMEOUT = 90.0
"""Seconds for one command."""


@dataclass(frozen=True)
class Typed:
    """A command of a remedy, and where it is typed: a node's name, dom0, laptop, here, or the whole box."""

    place: str
    line: str


def steps(finding: Finding) -> tuple[Typed, ...]:
    """What a finding says is safe: the first thing that a person does, if there is any."""
    return tuple(Typed(step.place or "dom0", step.line) for step in finding.steps)


def lines(finding: Finding, box: Box) -> tuple[Typed, ...]:
    """The commands in the backquotes of a finding's remedy, in order: what else a person does."""
    return tuple(dict.fromkeys(_read(finding, box)))


def follow(done: tuple[Typed, ...], box: Box) -> tuple[Typed, ...]:
    """Type lines, and say which; commands that fail are passed over."""
    for typed in done:
        try:
            _type(typed, box)
        except (IceboxError, OSError, subprocess.TimeoutExpired):
            continue
    return done


def _read(finding: Finding, box: Box) -> Iterator[Typed]:
    place = finding.node or "dom0"
    for part in PART.findall(finding.remedy):
        if ROUND.search(part.replace("`", "")) and "restore" not in part:
            yield Typed(BOX, "./icebox stop; ./icebox start")
            continue
        if mentioned := AT.search(part):
            place = _node(next(filter(None, mentioned.groups())), finding, box)
        for command in re.findall(r"`([^`]+)`", part):
            line = _filled(command, finding, box)
            if not LOOKS.match(line):
                yield _at(line, place, box)


def _at(line: str, place: str, box: Box) -> Typed:
    found = re.match(r"\./icebox ssh (?:--box \S+ )?(\S+) (.+)", line)
    if found and (node := box.site.node(found[1])):
        return Typed(node.name, found[2])
    return Typed(HERE if line.startswith("./icebox") else place, line)


def _node(word: str, finding: Finding, box: Box) -> str:
    """The node that a role means: the finding's own, if it has that role."""
    own = box.site.node(finding.node) if finding.node else None
    meant = box.site.node(word)
    if own and meant and own.role == meant.role:
        return own.name
    return meant.name if meant else word.lower()


def _filled(command: str, finding: Finding, box: Box) -> str:
    """With what stands for names in capitals."""
    for word, value in (("NODE", finding.node), ("VO", box.site.vo), ("QUEUE", box.site.queue)):
        command = re.sub(rf"\b{word}\b", value, command)
    return command


def _type(typed: Typed, box: Box) -> None:
    if typed.place == BOX:
        restart.restart(box)
    elif typed.place == HERE:
        _icebox(shlex.split(typed.line)[1:], box)
    elif typed.place == LAPTOP:
        box.dom0.outside.run(f"sh -c {shlex.quote(typed.line)}", timeout=TIMEOUT)
    elif typed.place == "dom0":
        box.dom0.run(typed.line, timeout=TIMEOUT)
    else:
        node = box.site.node(typed.place)
        assert node is not None, typed
        _within(box, node, typed.line)


def _within(box: Box, node: Node, line: str) -> None:
    (box.inside(node) or box.shell(node)).run(line, timeout=TIMEOUT)


def _icebox(words: list[str], box: Box) -> None:
    """A command of icebox that mends; others are a person's to judge."""
    words = [word for word in words if word not in ("--box", box.name)]
    if words[0] in MENDS:
        typed = [str(checkout() / "icebox"), words[0], "--box", box.name, *words[1:]]
        subprocess.run(typed, cwd=checkout(), capture_output=True, check=False, timeout=TIMEOUT)
