"""Commands in remedies, as they are typed for one box: remedies know no box's name."""

from __future__ import annotations

import re

USUAL = "icebox"
"""The box that is meant where none is named."""
_OF_BOX = re.compile(
    r"\./icebox (?:console|diagnose|handout|job|move|restore|ssh|start|status|stop|validate)\b"
    r"(?P<rest>(?:(?!\./icebox)[^`;])*)"
)


def of_box(text: str, box: str) -> str:
    """``text`` with ``--box`` in each command that would mean another box."""
    return text if box in ("", USUAL) else _OF_BOX.sub(lambda found: _named(found, box), text)


def _named(found: re.Match[str], box: str) -> str:
    command, rest = found[0].removesuffix(found["rest"]), found["rest"]
    return found[0] if "--box" in rest else f"{command} --box {box}{rest}"
