"""python3 -m gridware.wms.broker: the broker's daemon on RB."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading

from gridware.wms import wire
from gridware.wms.broker import places, settings
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.children import Children
from gridware.wms.broker.engine import Engine
from gridware.wms.broker.renewal import Renewal
from gridware.wms.broker.server import BrokerServer
from gridware.wms.broker.store import Store


def listen(port: int) -> socket.socket:
    """A listening socket for everyone who can reach this node."""
    return socket.create_server(("", port), backlog=256)


def notify(text: str) -> None:
    """Tell systemd (sd_notify(3)); nobody listens outside a unit."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.sendto(text.encode(), address.replace("@", "\0", 1))


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
    chosen = settings.load()
    places.prepare()
    books = Bookkeeping(Store(str(places.BOOKS)))
    children = Children()
    engine = Engine(books, chosen, Renewal(chosen), children)
    door = BrokerServer(books, engine, chosen, children)
    for listener in [listen(port) for port in (wire.WMPROXY, wire.BOOKKEEPING)]:
        threading.Thread(target=door.run, args=(listener,), daemon=True, name="listener").start()
    notify("READY=1")
    engine.run()


if __name__ == "__main__":
    main()
