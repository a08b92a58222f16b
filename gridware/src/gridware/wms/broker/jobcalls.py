"""What a job's wrapper on the worker node asks for and tells.

It proves itself by its owner's proxy and by the key of its attempt; only one wrapper of an attempt ever gets
the token.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from gridware.wms.broker import perusal, places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.engine import Engine
from gridware.wms.broker.job import Job, State
from gridware.wms.broker.peer import Peer
from gridware.wms.broker.usercalls import CallError
from gridware.wms.wire import Header, chunks

_GONE = "this attempt is not wanted any more"


class JobCalls:
    """The calls of one connection."""

    def __init__(self, books: Bookkeeping, engine: Engine, peer: Peer) -> None:
        self._books = books
        self._engine = engine
        self._peer = peer

    def claim(self, header: Header) -> Header:
        """Give the token: to the first who asks, and to that one again if the answer was lost."""
        with self._books.store.change():
            job = self._attempt(header)
            claim = str(header["claim"])
            if job.claim and job.claim != claim:
                raise CallError("TOKEN", "another wrapper has this job")
            if not job.claim:
                if job.state is State.READY:
                    # The wrapper was faster than the news from GRAM.
                    self._books.at_ce(job, str(header.get("contact", "")))
                self._books.running(job, claim, str(header.get("worker", "")))
        (places.attempt(job) / "claimed").touch()
        return {}

    def fetch(self, header: Header) -> tuple[Header, BinaryIO]:
        job = self._attempt(header)
        file = (places.inputs(job) / str(int(header["name"]))).open("rb")
        return {"length": os.fstat(file.fileno()).st_size}, file

    def started(self, header: Header) -> Header:
        job = self._attempt(header)
        self._books.really_running(job)
        (places.attempt(job) / "started").touch()
        return {}

    def peruse(self, header: Header) -> Header:
        """Which files the owner wants to see now."""
        return {"names": perusal.chosen(self._attempt(header))}

    def perused(self, header: Header, body: BinaryIO) -> Header:
        """Take what has been added to one of them."""
        perusal.take(self._attempt(header), str(header["name"]), int(header["length"]), body)
        return {}

    def store(self, header: Header, body: BinaryIO) -> Header:
        """Take one file of the OutputSandbox."""
        job = self._attempt(header)
        path = places.outputs(job) / str(int(header["name"]))
        with open(path, "wb") as file:
            file.writelines(chunks(body, int(header["length"])))
            file.flush()
            os.fsync(file.fileno())
        return {}

    def finish(self, header: Header) -> Header:
        """The attempt's end; said twice it counts once."""
        with self._books.store.change():
            job = self._attempt(header)
            if "failure" in header:
                text, started = str(header["failure"]), bool(header.get("started"))
                self._engine.attempt_failed(job, text, started, final=bool(header.get("final")))
            else:
                outputs = [str(name) for name in header.get("outputs", ())]
                missing = [str(name) for name in header.get("missing", ())]
                self._books.done(job, int(header["exit_code"]), outputs, missing)
        (places.attempt(job) / "done").touch()
        self._engine.wake()
        return {}

    def _attempt(self, header: Header) -> Job:
        job = self._books.store.job(str(header["job"]))
        wanted = job is not None and job.key and job.key == header.get("key") and job.owner == self._peer.dn
        if job is None or not wanted or job.attempt != header.get("attempt") or job.state.ended:
            raise CallError("TOKEN", _GONE)
        return job
