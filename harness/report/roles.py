"""What checks are grouped by, in the order a report shows them."""

from __future__ import annotations

TITLES = {
    "net": "Network",
    "dns": "Names",
    "time": "Clocks",
    "cert": "Certificates",
    "ui": "User interface",
    "ce": "Computing element",
    "wn": "Worker nodes",
    "wms": "Broker",
    "se": "Storage element",
    "cat": "Catalogue",
    "rb": "Central services",
    "guide": "The original's guide",
    "sec": "Security",
    "box": "Whole box",
}
NODES = {"ce": "ce", "wn": "wn", "se": "se", "ui": "ui", "rb": "rb", "wms": "rb", "cat": "rb"}
"""Role of the nodes that the checks of a group are about; the other groups are about the whole box."""
NODE_TITLES = {
    "ce": "Computing element",
    "wn": "Worker node",
    "se": "Storage element",
    "ui": "User interface",
    "rb": "Central services",
}


def title(role: str) -> str:
    """What a trainer reads for a role's short name."""
    return TITLES.get(role, role.upper() or "Others")


def position(role: str) -> int:
    """Where the group stands in a report; unknown ones come last."""
    return list(TITLES).index(role) if role in TITLES else len(TITLES)
