"""Whoever is at the other end of the broker's door, without TLS: calls of users and of jobs on real books."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gridware.wms.broker import places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.delegation import DelegatedCredentials
from gridware.wms.broker.job import Job
from gridware.wms.broker.jobcalls import JobCalls
from gridware.wms.broker.peer import Peer
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.store import Store
from gridware.wms.broker.usercalls import Shared, UserCalls
from gridware.wms.broker.voms import Attributes, VomsError
from tests.gridware.broker.samples import ID, STUDENT, make_job

OTHER = "/C=IT/O=GridBox/CN=Student 02"
ACCOUNT = "nobody"
"""An account that every machine has."""
KEY, CLAIM = "the key of the attempt", "the claim of a wrapper"
MEMBER = ("/gilda/Role=NULL/Capability=NULL",)


class Voms:
    """In the place of the VOMS library: its word on whoever asks."""

    def __init__(self, vo: str, fqans: Sequence[str]) -> None:
        self._vo, self._fqans = vo, tuple(fqans)

    def attributes(self, _chain: Sequence[bytes]) -> Attributes:
        if not self._vo:
            raise VomsError("there is no VOMS extension")
        return Attributes(self._vo, self._fqans)


class AnyJdl:
    """In the place of the process that tries JDLs."""

    def check(self, jdls: Sequence[str]) -> None:
        """Takes them all."""


class Engine:
    """In the place of the broker's engine: what it is told."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def attempt_failed(self, _job: Job, text: str, _started: bool, final: bool = False) -> None:
        self.failures.append(f"{text} {final}")

    def wake(self) -> None:
        """There is nothing to do."""


class Rb:
    """The broker's books and directories."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        home = home / "wms"
        for name in ("jobs", "proxies"):
            monkeypatch.setattr(places, name.upper(), home / name)
        monkeypatch.setattr(places, "HOME", home)
        places.prepare()
        self.books, self.engine = Bookkeeping(Store(":memory:")), Engine()
        self.settings = Settings("rb.example.org", 9000, "gilda", (), (ACCOUNT, "daemon"))
        self.held = DelegatedCredentials()

    def close(self) -> None:
        self.books.store.close()

    def user(
        self, dn: str = STUDENT, *, vo: str = "gilda", fqans: Sequence[str] = MEMBER, limited: bool = False
    ) -> UserCalls:
        """The calls of somebody."""
        shared: Any = Shared(Voms(vo, fqans), self.held, AnyJdl())  # type: ignore[arg-type]
        return UserCalls(self.books, self.settings, Peer(dn, limited, 0.0, (dn.encode(),)), shared)

    def wrapper(self, dn: str = STUDENT) -> JobCalls:
        """The calls of a wrapper with somebody's proxy."""
        return JobCalls(self.books, self.engine, Peer(dn, False, 0.0, ()))  # type: ignore[arg-type]

    def book(self, job_id: str = ID, **changes: Any) -> Job:
        """A job of STUDENT's, with its directories."""
        self.books.registered(make_job(id=job_id, account=ACCOUNT, **changes), "rb.example.org:9000")
        job = self.found(job_id)
        places.make(job)
        return job

    def under_way(self, **changes: Any) -> Job:
        """A job whose first attempt is at a CE."""
        self.books.accepted(self.book(**changes))
        job = self.books.matched(self.found(), "ce.example.org:2119/jobmanager-pbs-short", KEY)
        assert job
        places.make_attempt(job, {})
        return job

    def found(self, job_id: str = ID) -> Job:
        """The job as the books have it."""
        job = self.books.store.job(job_id)
        assert job
        return job


def told(**more: Any) -> dict[str, Any]:
    """What a wrapper of the first attempt says with each call."""
    return {"job": ID, "attempt": 1, "key": KEY, **more}


def body(text: bytes = b"text") -> io.BytesIO:
    """What comes behind a call."""
    return io.BytesIO(text)
