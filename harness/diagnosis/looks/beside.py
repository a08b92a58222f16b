"""Doing many things at once, each in its time; and how much time that is at a machine."""

from __future__ import annotations

import json
import os
import pwd
import threading
import time
from collections.abc import Callable
from typing import Any

CONNECTING = 1.0
"""Seconds for a connection within a box: a millisecond on an idle machine; a SYN is sent again after one."""
EACH, PATIENCE = 2.0, 4.0
"""Seconds for names or name servers, and for one command."""
CHILDREN: list[int] = []
"""Processes that go on, each the first of a group of its own."""
SLOWER = [1.0]
"""By which factor whatever is asked gets more time than usual."""


def side_by_side(works: list[Callable[[], None]], seconds: float) -> None:
    """Do all of them, and wait no longer than that."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def as_account(name: str, work: Callable[[], Any]) -> Any:
    """What some work gives, as JSON has it, done by an account in a process of its own.

    Work takes no locks: other threads, which may hold some, are not there.  Raises KeyError for no such
    account, and RuntimeError if it gave nothing.
    """
    account = pwd.getpwnam(name)
    groups = os.getgrouplist(name, account.pw_gid)
    there, here = os.pipe()
    child = os.fork()
    if not child:
        try:
            # Or whoever waits for the end of another's words would wait for this one's, too.
            os.closerange(0, here)
            os.closerange(here + 1, os.sysconf("SC_OPEN_MAX"))
            os.setsid()
            os.setgroups(groups)
            os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
            os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
            with open(here, "w", encoding="utf-8") as file:
                json.dump(work(), file)
        finally:
            os._exit(0)
    CHILDREN.append(child)
    os.close(here)
    with open(there, encoding="utf-8", errors="replace") as file:
        said = file.read()
    os.waitpid(child, 0)
    CHILDREN.remove(child)
    if not said:
        raise RuntimeError(f"{name} can't look there")
    return json.loads(said)


def read(path: str) -> str:
    """A file's text, whatever is in it."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
