"""What several commands make of their options: a console, and the box that is meant."""

from __future__ import annotations

import argparse

from harness.box import host, pending
from harness.box.box import Box, attach
from harness.commands.words import DEFAULT_BOX
from harness.console import Console, Style
from harness.dom0.standing import is_up
from harness.errors import InputError
from harness.ledger import Ledger, boxes
from harness.site import Node, Site
from harness.state import checked_name


def console_for(options: argparse.Namespace) -> Console:
    """Quiet where JSON was asked for."""
    return Console(style=Style.QUIET) if getattr(options, "json", False) else Console()


def option_of(box: str) -> str:
    """What a person adds to a command that means ``box``."""
    return "" if box == DEFAULT_BOX else f" --box {box}"


def known_box(options: argparse.Namespace) -> str:
    """The name that ``--box`` gives; raises InputError with those there are if no box is called so."""
    host.check_root()
    name, known = checked_name(options.box), boxes()
    if name not in known:
        there_are = f"there are: {', '.join(known)}; name one with --box" if known else "there is none"
        raise InputError(
            f"there is no box {name!r}",
            where="--box",
            why=there_are,
            remedy=f"./icebox start{option_of(name)} makes it",
        )
    return name


def box_that_is_up(options: argparse.Namespace) -> Box:
    """The box that ``--box`` names, attached; raises InputError if it is not up, or suspended."""
    name = known_box(options)
    if not is_up(name, Ledger(name)):
        raise InputError(
            f"the box {name!r} is not up",
            where="--box",
            why="it was stopped, or its dom0 died",
            remedy=f"./icebox start{option_of(name)}",
        )
    return going_on(name)


def going_on(name: str) -> Box:
    """A box that is up, attached; raises InputError if it is suspended."""
    box = attach(name)
    if why := pending.standstill(box):
        box.close()
        raise InputError(
            f"the box {name!r} stands still",
            where="--box",
            why=f"it is {why}",
            remedy=f"./icebox resume{option_of(name)}",
        )
    return box


def node_in(site: Site, word: str, where: str) -> Node:
    """The node a person means; raises InputError with those there are."""
    node = site.node(word)
    if node is None:
        names = ", ".join(f"{each.name} ({each.role.value})" for each in site.nodes)
        raise InputError(f"there is no node {word!r}", where=where, remedy=f"one of: {names}")
    return node
