"""What a test does to a box: lines typed on its machines, and what is found then."""

import subprocess
import sys
from collections.abc import Iterable

from harness.box.box import Box
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.finding import Finding, Findings
from harness.dom0.namespace import Inside
from harness.dom0.place import Place
from harness.expect import NotYet, eventually
from harness.state import checkout

MENDED = 120.0
"""Seconds until a look at a mended box finds nothing: services start, and are published again."""
SETTLED = 60.0
"""Seconds until faults are in and all else has settled: what is started again with them listens by then."""
LOOKS = 3


class Breaking:
    """A box with faults in it."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._undo: list[tuple[str, str]] = []
        self._seen_whole = False

    def place(self, word: str) -> Place:
        """A node by its role or name, the dom0, or a laptop ``outside``; the dom0 in a node's network has
        ``net:`` before the node."""
        if word in ("dom0", "outside"):
            return self.box.dom0 if word == "dom0" else self.box.dom0.outside
        node = self.box.site.node(word.removeprefix("net:"))
        assert node is not None
        inside = self.box.inside(node)
        assert inside is not None, f"{node} is down"
        if not word.startswith("net:"):
            return inside
        assert isinstance(inside, Inside)
        return _Network(f"network of {node}", self.box.dom0, inside.pid)

    def type(self, where: str, line: str) -> str:
        """Type a line as root, which has to succeed; what it prints."""
        self._seen_whole = False
        return self.place(where).run(line).check().stdout

    def put(self, where: str, line: str, undo: str = "") -> None:
        """Put a fault in, and note what takes it out again."""
        if undo:
            self._undo.append((where, undo))
        self.type(where, line)

    def until(self, where: str, line: str, what: str) -> None:
        """Wait until a line succeeds, as a fault does that takes a moment to be in."""

        def there() -> bool:
            if not self.place(where).run(line).ok:
                raise NotYet(f"`{line}` fails")
            return True

        eventually(what, there, seconds=MENDED, pause=0.2)

    def looked(self) -> Findings:
        """What a look finds; a machine so busy that not all could be seen is looked at again."""
        for _ in range(LOOKS):
            looked = diagnose(self.box)
            if not looked.unasked:
                break
        return looked

    def one(self, identity: str) -> Finding:
        """The one thing that is found broken, once what was started again with it is there."""
        return self.just([(identity, False)])[identity]

    def degraded(self, identity: str) -> Finding:
        """What is found degraded, with nothing broken and nothing else degraded."""
        return self.just([(identity, True)])[identity]

    def just(self, wanted: Iterable[tuple[str, bool]]) -> dict[str, Finding]:
        """By their ids, findings that are just those wanted; each is said to be degraded, or not.

        A service that was told to read its settings takes a moment.
        """
        expected = sorted(wanted)
        wholly = any(degraded for _, degraded in expected)

        def alone() -> dict[str, Finding]:
            looked = self.looked()
            found = list(looked) if wholly else list(looked.broken)
            if sorted((each.id, each.degraded) for each in found) != expected:
                told = "; ".join(f"{each.id}: {each.what}" for each in found) or "nothing is found"
                raise NotYet(f"{told}; all that is red: {' '.join(sorted(looked.red))}")
            return {each.id: each for each in found}

        ids = " and ".join(identity for identity, _ in expected)
        return eventually(f"{ids} alone to be found", alone, seconds=SETTLED, pause=1.0)

    def mended(self) -> None:
        """Wait until nothing is found broken, nor degraded."""

        def nothing() -> bool:
            if left := list(diagnose(self.box)):
                raise NotYet("; ".join(each.what for each in left))
            return True

        eventually("nothing to be broken any more", nothing, seconds=MENDED, pause=1.0)
        self._seen_whole = True

    def restore(self) -> None:
        """Take out what is still in, the last fault first; a box that was just seen whole needs no look."""
        if self._seen_whole and not self._undo:
            return
        while self._undo:
            self.place(self._undo[-1][0]).run(self._undo.pop()[1])
        self.mended()


class _Network(Inside):
    """The dom0's programs in a node's network: nodes have none to filter packets."""

    def words(self, command: object) -> list[str]:
        assert isinstance(command, list)
        return self.host.words(["nsenter", "-t", str(self.pid), "-n", "--", *command])


def icebox(box: Box, *words: str) -> None:
    """Type a command of icebox for the box, as a remedy has it; it has to succeed."""
    typed = [sys.executable, "-m", "harness.cli", *words, "--box", box.name]
    done = subprocess.run(typed, cwd=checkout(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def typed(remedy: str) -> str:
    """The first command of a remedy."""
    return remedy.split("`")[1]
