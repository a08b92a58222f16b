"""A machine of its own for boxes that die: process, mount and network namespaces on this one.

What a box leaves on "the host" is exactly what is left in the sandbox, and nothing that others do on this
machine disturbs the comparison.  Control groups alone are shared, so boxes in here have names nobody else
uses.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.console import Console
from harness.image import build
from harness.state import image_dir

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
PREFIX = f"lk{os.getpid() % 4096:03x}"
"""Names of boxes in sandboxes begin so: other tests may run on this machine, which has one tree of groups."""
WITHOUT_VOLUMES = "awk '$5 ~ \"/boxes/[^/]*/volume$\" {print $5}' /proc/self/mountinfo | xargs -r umount -l"
"""Of other boxes on this machine: they could not grow while their mounts have copies in a namespace."""
FILES, ENDING = 2.0, 30.0
"""Seconds until files are gone, and what the kernel takes down; a tenth on an idle machine."""
PATIENCE = 300.0
"""Seconds for one command; a box takes ten on an idle machine, and minutes on one that others use, too."""


@dataclass(frozen=True)
class Done:
    """A command that ended; ``code`` is negative for a signal."""

    code: int
    output: str

    @property
    def remedy(self) -> str:
        """What it says that is to be done."""
        return self.output.partition("\n  do:  ")[2].splitlines()[0]


@cache
def image() -> Path:
    """The image that real boxes use, built if need be: sandboxes borrow it, and have no network."""
    build.ensure(Console())
    return image_dir()


class Sandbox:
    """Holds the namespaces until ``close``; has run ``prepare``, a shell line; has no image if ``bare``."""

    def __init__(self, home: Path, prepare: str = ":", *, bare: bool = False) -> None:
        self.home, self.scratch = home, home.parent / f"{home.name}-tmp"
        for name in ("", "boxes", "ledger", "log", "sessions"):
            (home / name).mkdir(exist_ok=True)
        self.scratch.mkdir()
        lay = ":"
        if not bare:
            # By a link it would be reached through the dom0's own overlay, which takes no map.
            (home / "image").mkdir()
            lay = f"mount --bind {image()} {home}/image"
        words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--net"]
        words += ["--propagation", "private", "--", "sh", "-ec"]
        lay = f"mount -t tmpfs none /run; {WITHOUT_VOLUMES}; {lay}"
        words.append(f"{lay}; {prepare}; echo ready; exec sleep infinity")
        self._holder = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        guard = [sys.executable, str(HERE / "guard.py"), str(self._holder.pid), str(home), PREFIX]
        # Whatever kills this process closes the pipe; a signal to its group spares the guard.
        self._guard = subprocess.Popen(
            guard, env=environment(), stdin=subprocess.PIPE, start_new_session=True, text=True
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            self.close()
            raise RuntimeError("the sandbox could not be made")
        (self.init,) = children(self._holder.pid)

    def close(self) -> None:
        self._guard.communicate("closed", timeout=PATIENCE)
        self._holder.communicate()
        assert self._guard.returncode == 0

    def popen(self, words: list[str], **more: Any) -> subprocess.Popen[str]:
        """Start a command in here; its process of the sandbox is the only child of the one returned."""
        surroundings = {
            **environment(),
            "ICEBOX_HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            **more.pop("env", {}),
        }
        return subprocess.Popen(
            ["nsenter", "-t", str(self.init), "-n", "-m", "-p", "--", *words],
            cwd=ROOT,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **more,
        )

    def run(self, words: list[str], env: Mapping[str, str] | None = None, seconds: float = PATIENCE) -> Done:
        child = self.popen(words, env=dict(env or {}))
        try:
            output, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for pid in children(child.pid):
                os.kill(pid, signal.SIGKILL)
            output, _ = child.communicate()
            raise TimeoutError(output) from None
        return Done(child.returncode, output)

    def icebox(self, *words: str, env: Mapping[str, str] | None = None, seconds: float = PATIENCE) -> Done:
        return self.run([sys.executable, "-m", "harness.cli", *words], env, seconds)

    def dying(self, moment: str, action: str, *words: str) -> Done:
        """icebox that gets the signal ``action`` at ``moment``; see dying.py."""
        return self.run([sys.executable, str(HERE / "dying.py"), moment, action, *words])

    def inventory(self, living: frozenset[str] = frozenset()) -> dict[str, frozenset[str]]:
        """What there is; of the process namespaces in ``living`` only that they are there."""
        done = self.run([sys.executable, str(HERE / "inventory.py"), PREFIX, *sorted(living)])
        assert done.code == 0, done.output
        return {kind: frozenset(found) for kind, found in json.loads(done.output).items()}

    def libvirtd(self, box: str) -> list[int]:
        """Numbers of a box's, as ``processes`` has them."""
        return self.processes(lambda words: words[:1] == ["libvirtd"] and f"/{box}." in " ".join(words))

    def processes(self, wanted: Callable[[list[str]], bool]) -> list[int]:
        """Numbers, as this process sees them, of the sandbox's processes with such a command line."""
        return [pid for pid in (self.init, *below(self.init)) if wanted(command_line(pid))]


def environment() -> dict[str, str]:
    """Of Python programs that are to find this checkout's modules."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    found: list[int] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def below(pid: int) -> list[int]:
    """Children of a process, and theirs."""
    return [each for child in children(pid) for each in (child, *below(child))]


def command_line(pid: int) -> list[str]:
    """Words a process was started with; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def difference(before: dict[str, frozenset[str]], after: dict[str, frozenset[str]]) -> dict[str, Any]:
    """What came and what went, by kind; empty if nothing did."""
    return {
        kind: {"came": sorted(after[kind] - before[kind]), "went": sorted(before[kind] - after[kind])}
        for kind in before
        if after[kind] != before[kind]
    }


def settled(
    sandbox: Sandbox,
    before: dict[str, frozenset[str]],
    living: frozenset[str] = frozenset(),
    *,
    but: Collection[str] = (),
) -> dict[str, Any]:
    """The difference, once what is just going had its time; kinds of things in ``but`` may differ."""
    begun = time.monotonic()
    judged = {kind: held for kind, held in before.items() if kind not in but}
    while True:
        found = difference(judged, sandbox.inventory(living))
        if time.monotonic() - begun > (FILES if set(found) <= {"state"} else ENDING) or not found:
            return found
        time.sleep(0.1)
