"""Renewal of proxies through MyProxy, for jobs that name a server and outlive their proxy.

RB is a trusted renewer there (myproxy-init -R): its host certificate and the old proxy together get a new
one.
"""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gridware.pace import longer
from gridware.wms.broker import delegation, places
from gridware.wms.broker.job import Job
from gridware.wms.broker.settings import Settings
from gridware.wms.matching import parse

_FIRST, _LONGEST = 5.0, 120.0
"""Seconds until a renewal that failed is tried again: twice as long each time, so that a student who comes to
MyProxy when the job is under way already is not kept waiting."""
_AT_ONCE, _OF_ONE = 32, 4
"""Renewals at a time, and those of them that ask the same server: all jobs of a collection come to their end
together, each renewal is a few processes, and a server that is silent leaves room for others."""
_TIMEOUT = 60
_HOURS = 12

log = logging.getLogger("renewal")


class RenewalError(Exception):
    """MyProxy or VOMS refused; the text is theirs."""


@dataclass
class _Trial:
    """The last try for a job: the thread it runs in, when the next may follow, and how long after it."""

    thread: threading.Thread
    due: float
    pause: float


class Renewal:
    """Renews proxies that are about to end, each in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._trials: dict[str, _Trial] = {}
        self._threads: dict[str, list[threading.Thread]] = {}
        """By the server that each asks."""

    def look(self, job: Job) -> bool:
        """Is it time for a renewal that the job asks for? Starts one, unless one was tried just now, or too
        many others are under way."""
        if self._early(job) > 0 or not (server := _server(job)):
            self._trials.pop(job.id, None)
            return False
        last = self._trials.get(job.id)
        due = last is None or (time.monotonic() >= last.due and not last.thread.is_alive())
        if due and self._has_room(server):
            pause = min(2 * last.pause, _LONGEST) if last else _FIRST
            thread = threading.Thread(target=self._try, args=(job, server), daemon=True, name="renewal")
            self._trials[job.id] = _Trial(thread, time.monotonic() + pause, pause)
            thread.start()
            self._threads.setdefault(server, []).append(thread)
        return True

    def _has_room(self, server: str) -> bool:
        alive = {each: [one for one in threads if one.is_alive()] for each, threads in self._threads.items()}
        self._threads = {each: threads for each, threads in alive.items() if threads}
        busy = sum(map(len, self._threads.values()))
        return busy < _AT_ONCE and len(self._threads.get(server, ())) < _OF_ONE

    def pause(self, job: Job) -> float:
        """Seconds until this job is to be looked at again."""
        if (early := self._early(job)) > 0 or not _server(job):
            return early or _LONGEST
        last = self._trials.get(job.id)
        return last.due - time.monotonic() if last else 0.0

    def keep(self, jobs: Iterable[Job]) -> None:
        """Remember what was tried for these jobs alone: all the others have ended."""
        for gone in self._trials.keys() - {job.id for job in jobs}:
            del self._trials[gone]

    def _early(self, job: Job) -> float:
        """Seconds that it is too early for a renewal."""
        return max(0.0, delegation.left(places.proxy(job)) - self._settings.renew_before)

    def _try(self, job: Job, server: str) -> None:
        try:
            renew(job, server)
        except (RenewalError, OSError, subprocess.SubprocessError) as error:
            log.warning("%s: the proxy is not renewed: %s", job.id, error)


def renew(job: Job, server: str) -> None:
    """Get a new proxy with the same VOMS attributes, put it in the old one's place, and give it to the CE."""
    old = places.proxy(job)
    host, _, port = server.partition(":")
    with tempfile.TemporaryDirectory(dir=places.PROXIES) as directory:
        plain, complete = f"{directory}/plain", f"{directory}/complete"
        host_key = {
            "X509_USER_CERT": "/etc/grid-security/hostcert.pem",
            "X509_USER_KEY": "/etc/grid-security/hostkey.pem",
            "X509_USER_PROXY": "/nonexistent",
        }
        logon = ["myproxy-logon", "-s", host, "-d", "-n", "-a", str(old), "-o", plain, "-t", str(_HOURS)]
        _run([*logon, *(["-p", port] if port else [])], host_key)
        wanted = [word for fqan in job.fqans[:1] for word in ("-voms", f"{job.vo}:{_plain(fqan)}")]
        ends = ["-cert", plain, "-key", plain, "-out", complete, "-hours", str(_HOURS)]
        _run(["voms-proxy-init", "-noregen", *wanted, *ends], {"X509_USER_PROXY": plain})
        places.write(old, Path(complete).read_bytes(), job.account)
    if job.contact:
        words = ["setpriv", f"--reuid={job.account}", f"--regid={old.stat().st_gid}", "--clear-groups"]
        _run([*words, "globusrun", "-q", "-refresh-proxy", job.contact], {"X509_USER_PROXY": str(old)})
    log.info("%s: the proxy is good for another %.0f s", job.id, delegation.left(old))


def _server(job: Job) -> str:
    ad = parse(job.jdl)
    value = ad.eval("MyProxyServer") if "MyProxyServer" in ad else ""
    return value if isinstance(value, str) else ""


def _plain(fqan: str) -> str:
    return fqan.removesuffix("/Capability=NULL").removesuffix("/Role=NULL")


def _run(words: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        words,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=longer(_TIMEOUT),
        check=False,
    )
    if done.returncode:
        raise RenewalError(
            " ".join((done.stderr or done.stdout).split()) or f"{words[0]} ended with {done.returncode}"
        )
