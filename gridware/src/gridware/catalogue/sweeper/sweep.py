"""Removes the files of dead intents, with the rights of those whose intents they were."""

from __future__ import annotations

import os
import pwd
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

from gridware.catalogue.connection import Catalogue
from gridware.catalogue.environment import Environment
from gridware.catalogue.errors import DataError
from gridware.catalogue.names import path_of
from gridware.catalogue.sweeper.accounts import account_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GONE, REFUSED, UNCLEAR = 0, 1, 2
LONGEST = 240.0
"""Seconds for which one start stays with those who are at work; the timer starts the next."""
SOONEST = 0.2


def main(settings_path: str) -> int:
    """Sweep for as long as somebody is at work; what can't be done now is done at the next start."""
    settings = tomllib.loads(Path(settings_path).read_text())
    catalogue = Catalogue(settings["catalogue"], Environment({}), as_host=True)
    started = time.monotonic()
    try:
        while (pause := _round(catalogue, settings["area"])) is not None:
            if time.monotonic() - started + pause > LONGEST:
                break
            time.sleep(max(pause, SOONEST))
    except DataError as error:
        print(f"the catalogue can't be asked: {error}")
        return 1
    return 0


def _round(catalogue: Catalogue, area: str) -> float | None:
    """Sweep once; seconds until there may be more to sweep, None if nobody is at work."""
    results = {}
    answer = catalogue.ask("dead")
    for intent in answer["intents"]:
        outcome = _sweep(intent, area)
        if intent["again"]:
            continue
        word = ("gone", "refused", "later")[outcome]
        print(f"{intent['surl']} of {intent['owner']}: {word}", flush=True)
        if outcome != UNCLEAR:
            results[intent["id"]] = outcome == GONE
    if results:
        catalogue.ask("swept", results=results)
    pause: float | None = answer["next"]
    return pause


def _sweep(intent: Mapping[str, Any], area: str) -> int:
    path = os.path.normpath(path_of(intent["surl"]))
    if not path.startswith(area.rstrip("/") + "/"):
        return REFUSED
    account = account_of(intent["owner"], intent["groups"])
    # Who never came here has left nothing, and may remove nothing.
    return _as(account, path) if account else REFUSED


def _as(account: pwd.struct_passwd, path: str) -> int:
    """Remove a file in a process that is that account and nothing more."""
    child = os.fork()
    if child == 0:
        outcome = UNCLEAR
        try:
            os.initgroups(account.pw_name, account.pw_gid)
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            outcome = _remove(path)
        finally:
            os._exit(outcome)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _remove(path: str) -> int:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except (PermissionError, IsADirectoryError):
        return REFUSED
    except OSError:
        return UNCLEAR
    return GONE
