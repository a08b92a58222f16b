"""What the figures were measured on and with."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.image import build
from harness.state import checkout

PACKAGES = ("paramiko", "pytest", "pytest-xdist", "allure-pytest", "libvirt-python")


def describe() -> dict[str, Any]:
    """Cores, memory, kernel and versions; ``load`` is the machine's average of the minute before the run."""
    image = build.wanted()
    return {
        "cores": os.cpu_count(),
        "cpu": _field("/proc/cpuinfo", "model name"),
        "memory_mb": int(_field("/proc/meminfo", "MemTotal").split()[0]) * 1024 // 1_000_000,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "commit": _commit(),
        "image": image.roles.key,
        "versions": {name: metadata.version(name) for name in PACKAGES},
    }


def _field(path: str, name: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _commit() -> str:
    words = ["git", "-C", str(checkout()), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stdout.strip()
