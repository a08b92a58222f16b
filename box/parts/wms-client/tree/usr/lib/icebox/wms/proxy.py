"""The student's proxy, as voms-proxy-info describes it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wms.errors import UiError

LEAST = 600
"""Seconds a proxy must last for a job: the CE refuses shorter ones (GRAM, seen at 7 minutes)."""
_FIELD = re.compile(r"^(\w+(?: \w+)*)\s*:\s(.*)$", re.MULTILINE)
_PATIENCE = 20


@dataclass(frozen=True)
class Proxy:
    """A proxy file and what it says; ``seconds`` are left."""

    path: str
    identity: str
    seconds: int
    vo: str
    """Empty without VOMS attributes."""


def where() -> str:
    return os.environ.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}"


def load(path: str, describe: Callable[[str], str] | None = None) -> Proxy:
    """Raises UiError for a proxy that is missing, unreadable or expired."""
    if not Path(path).exists():
        why = f"{path} does not exist; voms-proxy-init -voms <VO> makes a proxy"
        raise UiError("UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\n{why}")
    if not os.access(path, os.R_OK):
        raise UiError("UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\nyou may not read {path}")
    proxy = _parsed(path, (describe or described)(path))
    if proxy.seconds <= 0:
        why = "voms-proxy-init -voms <VO> makes a new one"
        raise UiError("UI_PROXY_EXPIRED", f"Proxy certificate {path} has expired.\n{why}")
    return proxy


def long_enough(proxy: Proxy) -> None:
    """Raises UiError if the proxy ends before a job could start."""
    if proxy.seconds < LEAST:
        left, least = proxy.seconds // 60, LEAST // 60
        why = f"The proxy is valid for {left} more minutes only; a job needs {least} at least."
        raise UiError("UI_PROXY_DURATION", f"{why}\nvoms-proxy-init -voms <VO> makes a new one")


def described(path: str) -> str:
    """What voms-proxy-info says; raises UiError if it can't be run."""
    # Whether the attributes can be trusted is for the broker to say.
    command = ["voms-proxy-info", "-all", "-dont-verify-ac", "-file", path]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UiError(
            "UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\nvoms-proxy-info: {error}"
        ) from None
    return ran.stdout + ran.stderr


def _parsed(path: str, text: str) -> Proxy:
    head, *extensions = re.split(r"^=== VO \S+ extension information ===$", text, flags=re.MULTILINE)
    fields = dict(_FIELD.findall(head))
    if "timeleft" not in fields or "identity" not in fields:
        said = " ".join(text.split()) or "nothing"
        raise UiError("UI_PROXY_NOT_FOUND", f"Proxy certificate not found.\n{path} is no proxy: {said}")
    attributes = dict(_FIELD.findall(extensions[0])) if extensions else {}
    return Proxy(
        path, fields["identity"].strip(), _seconds(fields["timeleft"]), attributes.get("VO", "").strip()
    )


def _seconds(text: str) -> int:
    hours, minutes, seconds = map(int, text.strip().split(":"))
    return (hours * 60 + minutes) * 60 + seconds
