"""File perusal, on the worker node: what has been added to files is sent on while the job is still running.

Slices are called as gLite's were (org.glite.wms.core, template.sh): ``<file>.<YYYYmmddHHMMSS>_<n>``.
"""

import os
import shutil
import tempfile
import threading
import time

LARGEST = 10_000_000
"""Bytes of a slice: what RB refuses, or the net loses, must not cost more each time."""

MOST_LEFT = 100
"""Slices of a file in the end: something that the job has left behind may go on writing."""


class Perusal(threading.Thread):
    """Looks every ``interval`` seconds for files that the user wants to see.

    ``wanted()`` gives their names, ``send(path, name)`` takes a slice; either may raise OSError. Slices lie
    below ``home`` until they are sent, hidden, so that no wildcard of an OutputSandbox finds them.
    """

    def __init__(self, interval, wanted, send, home):
        super().__init__(daemon=True, name="perusal")
        self.interval, self.wanted, self.send = interval, wanted, send
        self.stopped = threading.Event()
        self.sent = {}  # path -> bytes and slices that have arrived
        self.place = tempfile.mkdtemp(prefix=".perusal_", dir=home)

    def run(self):
        while not self.stopped.wait(self.interval):
            self.look()

    def end(self):
        """Send what is left, once the job has ended."""
        self.stopped.set()
        self.join()
        for _slice in range(MOST_LEFT):
            if not self.look():
                break
        shutil.rmtree(self.place, ignore_errors=True)

    def look(self):
        """A slice of every file that has grown; true if any was. What does not arrive goes with the next."""
        try:
            return sum(map(self.send_slice, filter(os.path.isfile, self.wanted()))) > 0
        except OSError:
            return False

    def send_slice(self, path):
        """Send what has been added to a file; false if there is nothing."""
        sent, count = self.sent.get(path, (0, 1))
        size = min(os.path.getsize(path), sent + LARGEST)
        if size <= sent:
            return False
        name = f"{os.path.basename(path)}.{time.strftime('%Y%m%d%H%M%S')}_{count}"
        piece = os.path.join(self.place, name)
        with open(path, "rb") as source, open(piece, "wb") as target:
            source.seek(sent)
            shutil.copyfileobj(Limited(source, size - sent), target)
        try:
            self.send(piece, name)
        finally:
            os.unlink(piece)
        self.sent[path] = (size, count + 1)
        return True


class Limited:
    """The first bytes of a stream; the file behind it may go on growing."""

    def __init__(self, stream, left):
        self.stream, self.left = stream, left

    def read(self, size):
        found = self.stream.read(min(size, self.left))
        self.left -= len(found)
        return found
