"""A job's directory on its WN while it runs: its script, and the file of its nodes."""

from __future__ import annotations

import os

from gridware.pbs import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NODES, SCRIPT = "nodes", "script"


class Spool:
    """Not there before ``make`` and after ``remove``."""

    def __init__(self) -> None:
        self._path = ""

    @property
    def script(self) -> str:
        return f"{self._path}/{SCRIPT}"

    def make(self, ident: str, variables: Mapping[str, str], script: str) -> str:
        """Below the job's TMPDIR, for its owner alone; gives the path of the node file.  Raises OSError."""
        place = variables.get("TMPDIR", "")
        base = f"{place if os.access(place, os.W_OK) else '/tmp'}/{ident}"
        for attempt in range(1000):
            try:
                os.mkdir(f"{base}.{os.getpid()}-{attempt}", 0o700)
            except FileExistsError:
                continue
            self._path = f"{base}.{os.getpid()}-{attempt}"
            break
        self._write(NODES, "".join(f"{name}\n" for name in _slots(variables)), 0o600)
        self._write(SCRIPT, script, 0o700)
        return f"{self._path}/{NODES}"

    def remove(self) -> None:
        """Whatever the job has done to its directory, its exit status stays what it is."""
        if not self._path:
            return
        try:
            for name in (NODES, SCRIPT):
                os.unlink(f"{self._path}/{name}")
            os.rmdir(self._path)
        except OSError:
            import shutil  # takes longer than all the rest, and hardly any job needs it

            shutil.rmtree(self._path, ignore_errors=True)

    def _write(self, name: str, text: str, mode: int) -> None:
        descriptor = os.open(f"{self._path}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)


def _slots(variables: Mapping[str, str]) -> list[str]:
    """The WN of each slot: SLURM_JOB_CPUS_PER_NODE is ``2(x3),1`` for the nodes in their order."""
    slots: list[int] = []
    for group in variables.get("SLURM_JOB_CPUS_PER_NODE", "1").split(","):
        cpus, _, repeated = group.partition("(x")
        slots += [int(cpus)] * int(repeated.rstrip(")") or 1)
    names = records.expand_hosts(variables.get("SLURM_JOB_NODELIST", ""))
    return [name for name, count in zip(names, slots, strict=False) for _ in range(count)]
