"""A drill's own box goes back to where it was sound, which takes less than to make another one."""

from __future__ import annotations

from harness.box import ahead, revert, snapshot, spare, teardown
from harness.box.box import Box
from harness.errors import IceboxError

SOUND = "sound"
"""The snapshot."""


def keep(box: Box) -> bool:
    """Keep how a box is now that it is sound; False if it can't be kept."""
    try:
        with box.ledger.locked(teardown.PATIENCE):
            ahead.begin(box, snapshot.take(box.files, box.ledger, SOUND, box))
    except IceboxError:
        return False
    return True


def back(box: Box) -> bool:
    """Have it be as it was then; False if that fails, and another one has to be made."""
    try:
        wanted = snapshot.named(box.files, SOUND)
        spare.wait(box.ledger, wanted)
        with box.ledger.locked(teardown.PATIENCE):
            revert.revert(box.files, box.ledger, wanted, box)
            ahead.begin(box, wanted)
    except IceboxError:
        return False
    return True
