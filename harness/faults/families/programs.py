"""Programs: a loader that complains, commands without an interpreter, dot files that hide what is typed."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, gone, settings

PRELOAD = "/etc/ld.so.preload"


def _preload(role: str) -> Fault:
    return Fault(
        f"programs-{role}-preload",
        f"each program of the {role.upper()} is to load a library that is not there, and says so",
        f"starts@{role}",
        (Step(role, f"echo /usr/lib/libnosuch.so > {PRELOAD}", f"rm -f {PRELOAD}"),),
    )


def _dots(name: str, whose: str, about: str) -> Fault:
    dot = f"/home/{whose}/.bash_profile"
    return Fault(
        name,
        about,
        "programs@ui",
        (Step("ui", f"echo PATH=/nosuch > {dot}; chown {whose}: {dot}", f"rm -f {dot}"),),
    )


FAULTS = (
    *map(_preload, ("ce", "wn", "se", "ui", "rb")),
    Fault(
        "programs-se-no-accounts",
        "the SE asks nobody for the names of its accounts",
        "starts@se",
        (settings("se", "/etc/nsswitch.conf", "'s/^passwd:.*/passwd: db/'"),),
    ),
    Fault(
        "programs-ui-no-interpreter",
        "a command of the file catalogue at the UI wants a Python that is not there",
        "programs@ui",
        (changed("ui", "/usr/bin/lfc-ls", "sed -i '1s:.*:#!/usr/bin/python9:' /usr/bin/lfc-ls"),),
    ),
    Fault(
        "programs-wn-no-python",
        "the WN has no python3, in which most grid commands are written",
        "starts@wn",
        (gone("wn", "/usr/bin/python3"),),
    ),
    _dots(
        "student-path-lost",
        "$student",
        "a dot file of the first student hides every command from him",
    ),
    _dots(
        "student-other-path-lost",
        "$other",
        "a dot file of the last student hides every command from him, and from nobody else",
    ),
)
