"""No service of a package is started while icebox installs it.

Debian's maintainer scripts ask /usr/sbin/policy-rc.d before they start anything (invoke-rc.d(8)).  While the
set-up runs ours stands there.  It forbids only as long as the set-up's lock is held: one that a killed set-up
left behind does no harm, and the next set-up takes it away.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.setup.lock import LOCK

POLICY = "usr/sbin/policy-rc.d"
MARK = "# Put here by icebox while it installs packages, so that none of their services is started."
SAVED_SUFFIX, FRESH_SUFFIX = ".before-icebox", ".icebox"
"""Of the host's own, put aside; of ours before it stands there, as a set-up that is killed may leave it."""


@contextmanager
def no_services(root: Path, home: Path) -> Iterator[None]:
    """While the body runs, packages are installed without starting services.  A policy of the host's own is
    put aside and comes back."""
    policy = root / POLICY
    restore(root)
    saved = policy.with_name(policy.name + SAVED_SUFFIX)
    fresh = policy.with_name(policy.name + FRESH_SUFFIX)
    fresh.write_text(_script(home / LOCK, saved))
    fresh.chmod(0o755)
    if policy.exists():
        policy.rename(saved)
    fresh.rename(policy)
    try:
        yield
    finally:
        restore(root)


def stands(root: Path) -> bool:
    """Whether our policy is there: an install is under way, or was killed."""
    try:
        return MARK in (root / POLICY).read_text(errors="replace")
    except OSError:
        return False


def restore(root: Path) -> None:
    """Take our policy away, if it stands there, and put the host's own back."""
    policy = root / POLICY
    saved = policy.with_name(policy.name + SAVED_SUFFIX)
    policy.with_name(policy.name + FRESH_SUFFIX).unlink(missing_ok=True)
    if stands(root):
        policy.unlink()
    if saved.exists():
        os.replace(saved, policy)


def _script(lock: Path, saved: Path) -> str:
    lock_name, saved_name = shlex.quote(str(lock)), shlex.quote(str(saved))
    return (
        f"#!/bin/sh\n{MARK}\n"
        f"flock --nonblock {lock_name} true || exit 101\n"
        f'[ ! -x {saved_name} ] || exec {saved_name} "$@"\n'
    )
