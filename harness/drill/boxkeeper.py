"""Who keeps a box sound for one trial of a drill after another, and puts it back where one leaves a mark."""

from __future__ import annotations

import threading

from harness.box import bringup, teardown
from harness.box.box import Box, attach
from harness.console import Console, Style
from harness.drill import wayback
from harness.drill.trial import SOUND, Look, is_sound
from harness.errors import HarnessError, InputError
from harness.faults import standing
from harness.site import Site

PATIENCE = 20.0
"""Seconds for a box between two trials to be sound, before a new one is brought up in as many."""
COMING = 60.0
"""Seconds until a box that comes up while the drill is interrupted can be taken down; it takes three."""


class BoxKeeper:
    """Keeps one box, of the drill's own or of somebody's."""

    def __init__(self, name: str, site: Site, look: Look, *, own: bool) -> None:
        self.name, self.site, self._look, self._own = name, site, look, own
        self._box: Box | None = None if own else attach(name)
        self._coming, self._over = threading.Lock(), False
        self._seen: bool | None = None
        self._kept = False

    def sound(self) -> Box:
        """A box in which nothing is broken; raises InputError, or HarnessError if none comes up."""
        seen, self._seen = self._seen, None
        if self._box is not None and self._is_sound(self._box, seen):
            return self._box
        if not self._own:
            assert self._box is not None
            said = "; ".join(each.what for each in self._look(self._box).broken)
            raise InputError(
                "the box is broken already, so nothing could be told of a fault",
                where=f"box {self.name}",
                why=said,
                remedy=f"./icebox fault take --box {self.name}, mend what ./icebox status --box {self.name} "
                "shows, or leave --box away: then the drill brings up boxes of its own",
            )
        try:
            return self._anew()
        except HarnessError:
            # A node that ended as it came up, on a machine that is busy: once more.
            return self._anew()

    def left(self, *, sound: bool) -> None:
        """A trial has ended, and its last look saw whether the box is sound: that is not looked for again."""
        self._seen = sound

    def _is_sound(self, box: Box, seen: bool | None) -> bool:
        # One of our own that did not become sound in a minute is not waited for.
        known = seen or (self._own and seen is not None)
        return bool(seen) if known else is_sound(box, PATIENCE, self._look)

    def close(self) -> None:
        """Remove a box of one's own; let go of another's, without a fault of ours.

        Also while another thread holds a trial on it, or brings a new one up: that is waited for, and the
        trial gets no other.
        """
        self._over = True
        # One that does not come up dies with this process.
        if self._coming.acquire(timeout=COMING):
            try:
                self._leave()
            finally:
                self._coming.release()

    def _leave(self) -> None:
        box, self._box = self._box, None
        if box is None:
            return
        if not self._own:
            # A drill that was interrupted leaves its trial where it is.
            standing.take_own(box)
        box.close()
        if self._own:
            teardown.stop(self.name, _quiet(), destroy=True)

    def _anew(self) -> Box:
        with self._coming:
            if self._over:
                raise HarnessError("the drill has ended", where=f"box {self.name}")
            box = self._back() or self._made()
            self._box = box
        kept, self._kept = self._kept, False  # what is not sound then is not gone back to once more
        if not is_sound(box, SOUND, self._look):
            said = "; ".join(each.what for each in self._look(box).broken)
            raise HarnessError("a new box is not sound", where=f"box {self.name}", why=said)
        with self._coming:
            self._kept = kept or self._keep(box)
        return box

    def _keep(self, box: Box) -> bool:
        return not self._over and wayback.keep(box)

    def _back(self) -> Box | None:
        """The box that there is, as it was when it was sound; None if it can't be had so."""
        return self._box if self._kept and self._box is not None and wayback.back(self._box) else None

    def _made(self) -> Box:
        self._leave()
        return bringup.start(bringup.Request(self.site, self.name, ephemeral=True), _quiet())


def _quiet() -> Console:
    return Console(style=Style.QUIET)
