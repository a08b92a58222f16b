"""The student's proxy."""

from __future__ import annotations

import os
import time

from gridware import textfile
from gridware.pace import longer
from gridware.tuples import NamedTuple
from gridware.wms.errors import UiError
from gridware.x509 import certificate
from gridware.x509.proxykind import outdated_file

LEAST = 600
"""Seconds a proxy must last for a job: the CE refuses shorter ones (GRAM, seen at 7 minutes)."""
_PATIENCE = 20


class Proxy(NamedTuple):
    """A proxy file and what it says; ``seconds`` are left."""

    path: str
    identity: str
    seconds: int
    vo: str
    """Empty without VOMS attributes."""


def where() -> str:
    return os.environ.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}"


def load(path: str, delegated: str = "") -> Proxy:
    """Raises UiError for a proxy that is missing, unreadable, expired, or such that nobody lets it in.

    ``delegated``: the identifier under which it was put aside.
    """
    if not os.path.exists(path):
        why = f"{path} does not exist; voms-proxy-init -voms <VO> makes a proxy"
        raise UiError("UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\n{why}")
    proxy = read(path)
    if why := outdated_file(path):
        raise UiError("UI_PROXY_OUTDATED", f"The proxy {path} is not used:\n{why}")
    if proxy.seconds <= 0 and delegated:
        why = f"glite-wms-job-delegate-proxy -d {delegated} puts a new one aside"
        raise UiError("UI_PROXY_EXPIRED", f"The delegated Proxy has expired: {delegated}.\n{why}")
    if proxy.seconds <= 0:
        why = "voms-proxy-init -voms <VO> makes a new one"
        raise UiError("UI_PROXY_EXPIRED", f"Proxy certificate {path} has expired.\n{why}")
    return proxy


def read(path: str) -> Proxy:
    """What a file says, expired or not; raises UiError for one that is no proxy, or may not be read."""
    try:
        chain = certificate.chain(textfile.content(path))
    except OSError as error:
        why = f"you can't read {path}: {error.strerror}"
        raise UiError("UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\n{why}") from None
    except ValueError as error:
        why = f"{path} is no proxy: {error}"
        raise UiError("UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\n{why}") from None
    return Proxy(path, chain.identity, int(chain.ends - time.time()), chain.vo)


def long_enough(proxy: Proxy) -> None:
    """Raises UiError if the proxy ends before a job could start."""
    if proxy.seconds < LEAST:
        left, least = proxy.seconds // 60, LEAST // 60
        why = f"The proxy is valid for {left} more minutes only; a job needs {least} at least."
        raise UiError("UI_PROXY_DURATION", f"{why}\nvoms-proxy-init -voms <VO> makes a new one")


def described(path: str) -> str:
    """What voms-proxy-info says; raises UiError if it can't be run."""
    import subprocess

    # Whether the attributes can be trusted is for the broker to say.
    command = ["voms-proxy-info", "-all", "-dont-verify-ac", "-file", path]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=longer(_PATIENCE), check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UiError(
            "UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\nvoms-proxy-info: {error}"
        ) from None
    return ran.stdout + ran.stderr
