"""A look at what commands say: lines of the shell, typed by root or by another account as it logs in."""

from __future__ import annotations

import contextlib
import math
import os
import pwd
import signal
import subprocess
from typing import Any

from harness.diagnosis.looks.beside import CHILDREN, CONNECTING, PATIENCE, SLOWER

MOST = 1 << 19
"""Characters of an output that are told."""


def run(line: str, user: str) -> dict[str, Any]:
    """What a line of the shell says, typed by root or by another account as it logs in.

    ``$PATIENCE`` are the seconds that one command of it may take, ``$SECOND`` those for what takes a
    millisecond on an idle machine.
    """
    words = ["sh", "-c", line] if not user else [*_as(user), "-lc", line]
    times = {"PATIENCE": f"{PATIENCE * SLOWER[0]:g}", "SECOND": f"{math.ceil(CONNECTING * SLOWER[0])}"}
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **times}
    if user:
        environment |= {"HOME": pwd.getpwnam(user).pw_dir, "USER": user, "LOGNAME": user}
    child = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    CHILDREN.append(child.pid)
    said = child.communicate()[0].decode(errors="replace")
    CHILDREN.remove(child.pid)
    return {"code": child.returncode, "said": said[-MOST:]}


def _as(user: str) -> list[str]:
    account = pwd.getpwnam(user)
    # What nobody logs in with has the system's shell.
    shell = "sh" if account.pw_shell.endswith(("/nologin", "/false")) else account.pw_shell
    who = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups"]
    return ["setpriv", *who, "env", "-C", "/tmp", shell]


def end() -> None:
    """End all that goes on; whatever hangs is not waited for."""
    for number in list(CHILDREN):
        with contextlib.suppress(OSError):
            os.killpg(number, signal.SIGKILL)
