"""An intent noted in the catalogue around the work on a storage element; see docs/catalogue.md."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from gridware.catalogue import interrupt
from gridware.catalogue.connection import Catalogue
from gridware.catalogue.errors import CatalogueSilentError, DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CREATE, REPLICATE, DELETE = "create", "replicate", "delete"


class Intent:
    """What the catalogue was told; ``commit`` makes it true."""

    def __init__(self, catalogue: Catalogue, wish: dict[str, str], id: str) -> None:  # noqa: A002
        self.catalogue, self.wish, self.id = catalogue, wish, id
        self.committed = False
        self.untouched = False
        """The storage element was never reached, so there is nothing to undo."""

    def commit(self, size: int = 0, checksum: str = "") -> None:
        self.catalogue.ask("commit", id=self.id, size=size, checksum=checksum, **self.wish)
        self.committed = True


@contextmanager
def noted(
    catalogue: Catalogue, kind: str, guid: str, surl: str, undo: Callable[[], None], lfn: str = ""
) -> Iterator[Intent]:
    """Note an intent for the time of the block, and keep it alive.

    If the block fails, ``undo`` takes back what it did on the storage element, and the intent is dropped.
    Where that can't be done or the outcome is unknown, the intent is left to the sweeper.
    """
    wish = {"kind": kind, "guid": guid, "surl": surl, "lfn": lfn}
    answer = catalogue.ask("intend", **wish)
    intent = Intent(catalogue, wish, answer["id"])
    over = _keep_alive(catalogue.another(), answer)
    try:
        yield intent
    except CatalogueSilentError:
        # It may have been committed or not: the sweeper will know.
        raise
    except BaseException:
        interrupt.ignore()
        if not intent.committed:
            _give_up(intent, undo)
        raise
    finally:
        over.set()


def _give_up(intent: Intent, undo: Callable[[], None]) -> None:
    # The first error is the one to tell; what can't be done here is left to the sweeper.
    with suppress(DataError):
        if not intent.untouched:
            undo()
        intent.catalogue.ask("drop", id=intent.id)


def _keep_alive(catalogue: Catalogue, answer: dict[str, Any]) -> threading.Event:
    """Renew the intent from a thread until the event is set."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(answer["life"] / 4):
            # If it was given up meanwhile, commit says so.
            with suppress(DataError):
                catalogue.ask("renew", id=answer["id"])

    threading.Thread(target=renew, daemon=True).start()
    return over
