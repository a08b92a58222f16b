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
from pathlib import Path

from wms.matching import parse

from broker import delegation, places
from broker.job import Job
from broker.settings import Settings

_PAUSE = 120
"""Seconds between two tries for one job."""
_TIMEOUT = 60
_HOURS = 12

log = logging.getLogger("renewal")


class RenewalError(Exception):
    """MyProxy or VOMS refused; the text is theirs."""


class Renewal:
    """Renews proxies that are about to end, each in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tried: dict[str, float] = {}

    def look(self, job: Job) -> bool:
        """Is it time for a renewal that the job asks for? Starts one, unless one was tried just now."""
        if delegation.left(places.proxy(job)) > self._settings.renew_before or not (server := _server(job)):
            return False
        if time.monotonic() - self._tried.get(job.id, -_PAUSE) >= _PAUSE:
            self._tried[job.id] = time.monotonic()
            threading.Thread(target=self._try, args=(job, server), daemon=True, name="renewal").start()
        return True

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
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RenewalError(
            " ".join((done.stderr or done.stdout).split()) or f"{words[0]} ended with {done.returncode}"
        )
